// Runs all test files with Node's own runner and shows what it prints: the results as they come, the failures, the
// coverage by folder, and its summary as the last lines.
import { globSync } from "node:fs";
import { relative } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { coverageTable } from "./coverage-table.ts";
import { FileTimes } from "./file-times.ts";
import { killTestFile } from "./kill-test-file.ts";
import { fromRoot, toolEnvironment } from "./repository.ts";

/** Test files that run at a time. Many of them measure times, which more neighbours would spoil. */
const concurrency = 2;
/** Longest time for one test, and for one file, in milliseconds: a file that outlives its tests has left something open. */
const testLimitMs = 60_000;
const fileLimitMs = 90_000;

type TestEvent = ReturnType<typeof run> extends AsyncIterable<infer E> ? E : never;

/** Runs the tests; returns the exit code. No test may be skipped or left to do: one that cannot run must fail. */
export async function runTestFiles(): Promise<number> {
  Object.assign(process.env, toolEnvironment());
  const times = new FileTimes();
  const summary = new Map<string, string>();
  const closing: string[] = [];
  const late = new Set<string>();
  const watch = setInterval(() => {
    for (const { file, ms } of times.running()) {
      if (ms <= fileLimitMs || late.has(file)) continue;
      late.add(file);
      killTestFile(file);
    }
  }, 1000);
  const events = run({
    files: listTestFiles(),
    concurrency,
    cwd: fromRoot(),
    timeout: testLimitMs,
    execArgv: ["--disable-warning=ExperimentalWarning"],
    coverage: true,
    coverageIncludeGlobs: ["src/**/*.ts", "db/**/*.ts"],
    coverageExcludeGlobs: ["src/gen/**"],
  });
  await pipeline(Readable.from(observe(events)), new spec(), process.stdout, { end: false });
  clearInterval(watch);
  process.stdout.write(`\n${closing.join("\n")}\n`);
  process.stdout.write(`\n${[...summary].map(([name, count]) => `ℹ ${name} ${count}`).join("\n")}\n`);
  return judge();

  async function* observe(source: AsyncIterable<TestEvent>): AsyncIterable<TestEvent> {
    for await (const event of source) {
      times.note(event);
      if (event.type === "test:diagnostic" && event.data.nesting === 0) {
        const [, name = "", count = ""] = /^([a-z_]+) ([0-9.]+)$/.exec(event.data.message) ?? [];
        if (name !== "") summary.set(name, count);
      }
      if (event.type === "test:coverage") closing.push(coverageTable(event.data.summary), times.slowest());
      else yield event;
    }
  }

  function judge(): number {
    const faults = ["fail", "cancelled", "skipped", "todo"].filter((name) => summary.get(name) !== "0");
    if (late.size > 0) faults.push(`still running after ${fileLimitMs / 1000} s: ${[...late].join(", ")}`);
    if (!(Number(summary.get("pass")) > 0)) faults.push("nothing passed");
    if (faults.length === 0) return 0;
    process.stdout.write(`\nfailed: tests (${faults.join("; ")})\n`);
    return 1;
  }
}

/** Long forms (`long/`) and benchmarks (`bench/`) are commands of their own. */
function listTestFiles(): string[] {
  const files = globSync("test/**/*.test.ts", { cwd: fromRoot() })
    .filter((file) => !/\/(?:long|bench)\//.test(file))
    .map((file) => relative(".", file))
    .sort();
  if (files.length === 0) throw new Error("no test files");
  return files;
}
