// Imports a referential of full size into SQLite and into PostgreSQL, with the commands that an operator uses, and
// looks students up: `node test/referential/long/three-million.ts [students]`. It fails when a count is wrong, when a
// student is not found, or when memory grows with the file; it prints what docs/referential.md quotes.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { createStudentStorage } from "../../../src/referential/student-storage.ts";
import { type Database, type DatabaseLocation, openDatabase } from "../../../src/storage/database.ts";
import { startPostgres } from "../../support/postgres.ts";

const students = Number(process.argv[2] ?? 3_000_000);
const statut = join(import.meta.dirname, "../../../src/statut.js");
const folder = await mkdtemp(join(tmpdir(), "statut-three-million-"));
const largeFile = join(folder, "students.ndjson");
const smallFile = join(folder, "few-students.ndjson");
const institutionFile = join(folder, "institutions.ndjson");
const tenthOfThem = Math.ceil(students / 10);
const lookups = 20_000;

/** What the peak may grow by when the file is ten times as large: the set of numbers, and room for the collector. */
const maxGrowthBytes = 200 * 2 ** 20;

interface Ended {
  readonly seconds: number;
  readonly peakBytes: number;
  readonly summary: Record<string, unknown>;
}

/** Runs a command with `--json` and returns what it printed, its time and the peak of its memory. */
async function run(arguments_: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [statut, ...arguments_, "--json"], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let peakBytes = 0;
  const watch = setInterval(() => {
    const peak = existsSync(`/proc/${child.pid}/status`)
      ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))
      : null;
    if (peak !== null) peakBytes = Number(peak[1]) * 1024;
  }, 100);
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  clearInterval(watch);
  assert.equal(code, 0, `statut ${arguments_[0]} ended with ${code}`);
  return { seconds: (performance.now() - startedAt) / 1000, peakBytes, summary: JSON.parse(printed) };
}

function tell(what: string, { seconds, peakBytes }: Ended, count: number): void {
  const rate = Math.round(count / seconds).toLocaleString("en");
  console.log(`${what}: ${seconds.toFixed(1)} s, ${rate}/s, peak ${Math.round(peakBytes / 2 ** 20)} MiB`);
}

/** Every n-th student of the file, as it stands there. */
async function sample(count: number): Promise<Record<string, unknown>[]> {
  const step = Math.max(1, Math.floor(students / count));
  const chosen: Record<string, unknown>[] = [];
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(largeFile) })) {
    if (line++ % step === 0) chosen.push(JSON.parse(text));
  }
  return chosen;
}

async function lookUp(database: Database, expected: readonly Record<string, unknown>[]): Promise<void> {
  const storage = createStudentStorage(database);
  for (const round of ["first", "second"]) {
    const startedAt = performance.now();
    for (const student of expected) {
      const found = await storage.findByIne(String(student["ine"]));
      assert.equal(found?.birthName, student["birthName"]);
      assert.equal(found?.admissions.length, (student["admissions"] as unknown[]).length);
    }
    const each = ((performance.now() - startedAt) * 1000) / expected.length;
    console.log(`  ${round} lookups by INE: ${expected.length}, all found, ${each.toFixed(0)} µs each`);
  }
  const rows = await database.knex("students").count({ count: "*" });
  assert.equal(Number(rows[0]?.["count"]), students);
}

async function importInto(
  name: string,
  location: DatabaseLocation,
  environment: Record<string, string>,
  file: string,
  count: number,
): Promise<Ended> {
  await run(["import", "institutions", institutionFile], environment);
  const first = await run(["import", "students", file], environment);
  assert.equal(first.summary["inserted"], count);
  tell(`${name}: first import of ${count.toLocaleString("en")} students`, first, count);
  if (count < students) return first;
  const again = await run(["import", "students", file], environment);
  assert.deepEqual(
    [again.summary["unchanged"], again.summary["inserted"], again.summary["updated"]],
    [count, 0, 0],
  );
  tell(`${name}: the same file again`, again, count);
  const database = openDatabase(location);
  try {
    await lookUp(database, await sample(lookups));
    await compare(name, database, location);
  } finally {
    await database.close();
  }
  return first;
}

const runFile = promisify(execFile);

/** The same rows, as the database's own loader takes them: the measure of what an import can reach. */
async function compare(name: string, database: Database, location: DatabaseLocation): Promise<void> {
  const rows = join(folder, "rows");
  const load =
    "file" in location
      ? await prepareSqlite(location.file, rows)
      : await preparePostgres(database, location.url, rows);
  const startedAt = performance.now();
  await load();
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(`${name}: its own loader, same rows into the same table and indexes: ${seconds.toFixed(1)} s`);
}

async function prepareSqlite(file: string, rows: string): Promise<() => Promise<void>> {
  const target = join(folder, "loaded.db");
  const schema = (await runFile("sqlite3", [file, ".schema students"])).stdout;
  await runFile("sqlite3", [file, ".mode csv", `.output ${rows}`, "select * from students"]);
  await runFile("sqlite3", [target, "pragma journal_mode = wal", schema]);
  return async () => {
    await runFile("sqlite3", [target, "pragma synchronous = full", `.import --csv ${rows} students`]);
    await rm(target);
  };
}

async function preparePostgres(database: Database, url: string, rows: string): Promise<() => Promise<void>> {
  await database.knex.raw("create table loaded (like students including all)");
  await runFile("psql", [url, "-c", `\\copy students to '${rows}'`]);
  return async () => {
    await runFile("psql", [url, "-c", `\\copy loaded from '${rows}'`]);
  };
}

const postgres = await startPostgres();
try {
  const generated = await run([
    ...["generate", "--students", String(students), "--institutions", institutionFile, "--out", largeFile],
  ]);
  const sizeMiB = Math.round((await stat(largeFile)).size / 2 ** 20);
  tell(`generated ${students.toLocaleString("en")} students (${sizeMiB} MiB)`, generated, students);
  await run(["generate", "--students", String(tenthOfThem), "--out", smallFile]);
  const sqlite = (name: string) => ({ file: join(folder, name, "statut.db"), dataDir: join(folder, name) });
  const few = sqlite("few");
  const small = await importInto("SQLite", few, { DATA_DIR: few.dataDir }, smallFile, tenthOfThem);
  const all = sqlite("all");
  const url = await postgres.createEmptyDatabase();
  const onPostgres = { DATA_DIR: folder, DATABASE_URL: url, JOURNAL_KEYS: "unused" };
  for (const large of [
    await importInto("SQLite", all, { DATA_DIR: all.dataDir }, largeFile, students),
    await importInto("PostgreSQL", { url }, onPostgres, largeFile, students),
  ]) {
    const growth = large.peakBytes - small.peakBytes;
    assert.ok(growth < maxGrowthBytes, `memory grew by ${growth} bytes with a file ten times as large`);
  }
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
