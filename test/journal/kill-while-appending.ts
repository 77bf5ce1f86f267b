import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type DatabaseLocation, openDatabase } from "../../src/storage/database.ts";
import { eventually } from "../support/eventually.ts";
import { temporaryFolder } from "./fixture.ts";

const folder = temporaryFolder();
/** Answers before each kill, however slow the machine is. */
export const answersBeforeKill = 50;
const program = fileURLToPath(new URL("./appending-process.ts", import.meta.url));

/** Kills a process that appends, again and again, at moments that differ; counts its answers and those without trace. */
export async function killWhileAppending(
  location: DatabaseLocation,
  kills: number,
): Promise<{ answered: number; untraced: number }> {
  const answered: string[] = [];
  for (let kill = 0; kill < kills; kill += 1)
    answered.push(...(await runUntilKilled(location, (kill * 37) % 200)));
  const database = openDatabase(location);
  const traced = new Set<string>(await database.knex("journal").pluck("request_id"));
  await database.close();
  return { answered: answered.length, untraced: answered.filter((id) => !traced.has(id)).length };
}

async function runUntilKilled(location: DatabaseLocation, afterMs: number): Promise<string[]> {
  const file = join(folder, "answers");
  const output = openSync(file, "w");
  const child = spawn(process.execPath, [program, JSON.stringify(location)], {
    stdio: ["ignore", output, "inherit"],
  });
  const exited = once(child, "exit");
  closeSync(output);
  await eventually(() => answersIn(file).length >= answersBeforeKill || child.exitCode !== null);
  await pause(afterMs);
  child.kill("SIGKILL");
  await exited;
  if (child.signalCode !== "SIGKILL") throw new Error(`the process ended by itself with ${child.exitCode}`);
  return answersIn(file);
}

/** A last line without its end did not leave whole: nobody received it. */
function answersIn(file: string): string[] {
  return readFileSync(file, "utf8").split("\n").slice(0, -1);
}
