// Runs all test files with Node's own runner and shows what it prints: the results as they come, the coverage by
// folder when it is asked for, its summary, and as the last lines what failed, since a log is often kept or read from its end.
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { relative } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { inspect } from "node:util";
import { sharePostgres } from "../support/postgres.ts";
import { Coverage } from "./coverage.ts";
import { FileTimes } from "./file-times.ts";
import { killTestFile } from "./kill-test-file.ts";
import { longestFirst } from "./longest-first.ts";
import { fromRoot, toolEnvironment } from "./repository.ts";

/**
 * Tests that measure how long something takes, and floods beside which calls are answered in time, run alone: a neighbour
 * on two cores would spoil what they measure.
 */
const measuring = /^test\/(?:guard|protocol\/(?:strangers|http2-abuse)|service\/(?:fairness|shared-limit))\b/;
/** As many as cores: the services of more would stall each other, and refuse calls for it. */
const neighbours = availableParallelism();

/** Long forms and benchmarks are commands of their own. */
const excluded = /\/(?:long|bench)\//;

/** Longest time for one test, and for one file, in milliseconds: a file that outlives its tests has left something open. */
const testLimitMs = 300_000;
const fileLimitMs = 600_000;

/** Lines that are shown of a failure. */
const failureLines = 40;

type FailData = Extract<TestEvent, { type: "test:fail" }>["data"];
type TestEvent = ReturnType<typeof run> extends AsyncIterable<infer E> ? E : never;

export interface RunOptions {
  /** Whether to tell what the tests reach: it costs every process a quarter of its time more. */
  readonly coverage: boolean;
}

/** Runs the tests; returns the exit code. No test may be skipped or left to do: one that cannot run must fail. */
export async function runTestFiles({ coverage }: RunOptions): Promise<number> {
  Object.assign(process.env, toolEnvironment());
  const files = globSync("test/**/*.test.ts", { cwd: fromRoot() }).filter((file) => !excluded.test(file));
  const record = new RunRecord(coverage);
  await using _postgres = await sharePostgres();
  const run = (some: string[], concurrency: number) => runTogether(some, { concurrency, coverage }, record);
  await run(longestFirst(files.filter((file) => !measuring.test(file))), neighbours);
  await run(files.filter((file) => measuring.test(file)).sort(), 1);
  return record.close();
}

async function runTogether(
  files: string[],
  { concurrency, coverage }: RunOptions & { readonly concurrency: number },
  record: RunRecord,
): Promise<void> {
  const watch = setInterval(() => record.endLateFiles(), 1000);
  const events = run({
    files,
    concurrency,
    cwd: fromRoot(),
    timeout: testLimitMs,
    execArgv: ["--disable-warning=ExperimentalWarning"],
    coverage,
    coverageIncludeGlobs: ["src/**/*.ts", "db/**/*.ts"],
    coverageExcludeGlobs: ["src/gen/**"],
  });
  await pipeline(Readable.from(record.watch(events)), new spec(), process.stdout, { end: false });
  clearInterval(watch);
}

/** What was seen of the run so far. */
class RunRecord {
  readonly #times = new FileTimes();
  readonly #coverage: Coverage | undefined;
  readonly #summary = new Map<string, number>();
  readonly #late = new Set<string>();
  readonly #failures: string[] = [];

  constructor(coverage: boolean) {
    this.#coverage = coverage ? new Coverage() : undefined;
  }

  /** Notes the events and passes on those that are worth printing now. */
  async *watch(events: AsyncIterable<TestEvent>): AsyncIterable<TestEvent> {
    for await (const event of events) {
      this.#times.note(event);
      if (event.type === "test:fail") this.#noteFailure(event.data);
      if (event.type === "test:coverage") this.#coverage?.add(event.data.summary);
      else if (event.type !== "test:diagnostic" || !this.#noteSummary(event.data.message)) yield event;
    }
  }

  #noteFailure({ file, line, name, details }: FailData): void {
    const { error } = details;
    // Told by the tests within.
    if ((error as { failureType?: string }).failureType === "subtestsFailed") return;
    const place = `${relative(fromRoot(), file ?? "")}:${line ?? 0}`;
    const text = inspect(error.cause ?? error)
      .split("\n")
      .slice(0, failureLines)
      .join("\n");
    this.#failures.push(`✖ ${place} ${name}\n${text}\n`);
  }

  /** `pass 12` */
  #noteSummary(message: string): boolean {
    const [, name, count] =
      /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([0-9.]+)$/.exec(message) ?? [];
    if (name === undefined) return false;
    this.#summary.set(name, (this.#summary.get(name) ?? 0) + Number(count));
    return true;
  }

  endLateFiles(): void {
    for (const { file, ms } of this.#times.running()) {
      if (ms <= fileLimitMs || this.#late.has(file)) continue;
      this.#late.add(file);
      killTestFile(file);
    }
  }

  /** Prints what closes the run; returns the exit code. */
  close(): number {
    const lines = [...this.#summary].map(([name, count]) => `ℹ ${name} ${count}`);
    const coverage = this.#coverage === undefined ? "" : `\n${this.#coverage.table()}\n`;
    process.stdout.write(`${coverage}\n${this.#times.slowest()}\n\n${lines.join("\n")}\n`);
    const faults = ["fail", "cancelled", "skipped", "todo"].filter((name) => this.#summary.get(name) !== 0);
    if (this.#late.size > 0) {
      faults.push(`still running after ${fileLimitMs / 1000} s: ${[...this.#late].join(", ")}`);
    }
    if (!((this.#summary.get("pass") ?? 0) > 0)) faults.push("nothing passed");
    if (faults.length === 0) return 0;
    if (this.#failures.length > 0) process.stdout.write(`\n${this.#failures.join("\n")}`);
    process.stdout.write(`\nfailed: tests (${faults.join("; ")})\n`);
    return 1;
  }
}
