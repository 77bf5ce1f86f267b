import { spawn } from "node:child_process";
import { once } from "node:events";
import { fromRoot, toolEnvironment } from "./repository.ts";

/** A program that checks one thing, and ends with 0 when it holds. */
export interface Step {
  readonly name: string;
  readonly command: readonly [program: string, ...arguments_: string[]];
}

/** Steps that run at a time. */
const width = 2;
/** A step that takes longer than this has hung, in milliseconds. */
const stepLimitMs = 180_000;

/** Runs the steps and returns the names of those that failed, whose output it shows. */
export async function runSteps(steps: readonly Step[]): Promise<string[]> {
  const waiting = [...steps];
  const failed: string[] = [];
  const worker = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      if (!(await runStep(step))) failed.push(step.name);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return failed;
}

async function runStep({ name, command: [program, ...arguments_] }: Step): Promise<boolean> {
  const startedAt = performance.now();
  const child = spawn(program, arguments_, {
    cwd: fromRoot(),
    env: toolEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: stepLimitMs,
    killSignal: "SIGKILL",
  });
  const printed: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => printed.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => printed.push(chunk));
  const end = await once(child, "close").catch((error: Error) => [error.message]);
  const passed = end[0] === 0;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${passed ? "✔" : "✘"} ${name} (${seconds} s)\n`);
  if (!passed) {
    const reason = end[0] ?? `${end[1]}, after ${seconds} s`;
    process.stdout.write(`${Buffer.concat(printed)}\n${[program, ...arguments_].join(" ")}: ${reason}\n\n`);
  }
  return passed;
}
