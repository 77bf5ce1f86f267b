import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type DatabaseLocation, openDatabase } from "../../src/storage/database.ts";
import { eventually, temporaryFolder } from "./fixture.ts";

const folder = temporaryFolder();
const program = fileURLToPath(new URL("./appending-process.ts", import.meta.url));

/** Kills a process that appends, again and again, at moments that differ; counts its answers and those without trace. */
export async function killWhileAppending(
  location: DatabaseLocation,
  kills: number,
): Promise<{ answered: number; untraced: number }> {
  const answered: string[] = [];
  for (let kill = 0; kill < kills; kill += 1)
    answered.push(...(await runUntilKilled(location, 60 + ((kill * 37) % 200))));
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
  await eventually(() => statSync(file).size > 0 || child.exitCode !== null, 10_000);
  await pause(afterMs);
  child.kill("SIGKILL");
  await exited;
  if (child.signalCode !== "SIGKILL") throw new Error(`the process ended by itself with ${child.exitCode}`);
  // A last line without its end did not leave whole: nobody received it.
  return readFileSync(file, "utf8").split("\n").slice(0, -1);
}
