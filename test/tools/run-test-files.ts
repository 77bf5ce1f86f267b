// Runs all test files with Node's own runner and shows what it prints: the results as they come, the coverage, and
// its summary once more as the last lines.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { createInterface } from "node:readline";
import { fromRoot, toolEnvironment } from "./repository.ts";

/** Test files that run at a time: they wait for servers and disks more than they compute. */
const concurrency = 3;
/** Longest time for one test, and for all of them, in milliseconds. */
const testLimitMs = 120_000;
const runLimitMs = 600_000;

/** Runs the tests; returns the exit code. No test may be skipped or left to do: one that cannot run must fail. */
export async function runTestFiles(): Promise<number> {
  const files = listTestFiles();
  if (files.length === 0) throw new Error("no test files");
  const child = spawn(process.execPath, [...testOptions, ...files], {
    cwd: fromRoot(),
    env: toolEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
    timeout: runLimitMs,
    killSignal: "SIGKILL",
  });
  const summary = new Map<string, number>();
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    process.stdout.write(`${line}\n`);
    const [, name, count] =
      /^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([0-9.]+)$/.exec(line) ?? [];
    if (name === undefined) continue;
    summary.set(name, Number(count));
    lines.push(line);
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  const unrun = ["fail", "cancelled", "skipped", "todo"].filter((name) => summary.get(name) !== 0);
  process.stdout.write(`\n${lines.join("\n")}\n`);
  if (child.exitCode === 0 && unrun.length === 0) return 0;
  process.stdout.write(
    `\nfailed: tests (${unrun.join(", ") || (child.signalCode ?? `exit ${child.exitCode}`)})\n`,
  );
  return 1;
}

const testOptions = [
  "--disable-warning=ExperimentalWarning",
  "--test",
  "--test-reporter=spec",
  `--test-concurrency=${concurrency}`,
  `--test-timeout=${testLimitMs}`,
  "--experimental-test-coverage",
  "--test-coverage-include=src/**/*.ts",
  "--test-coverage-include=db/**/*.ts",
  "--test-coverage-exclude=src/gen/**",
];

/** Long forms (`long/`) and benchmarks (`bench/`) are commands of their own. */
function listTestFiles(): string[] {
  return globSync("test/**/*.test.ts", { cwd: fromRoot() })
    .filter((file) => !/\/(?:long|bench)\//.test(file))
    .sort();
}
