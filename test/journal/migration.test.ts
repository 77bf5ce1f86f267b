// A journal that a first version wrote: its lines, its chain and its counts are whole after every later migration.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { verifyJournal } from "../../src/journal/verify-journal.ts";
import { startOfParisDay } from "../../src/paris-time.ts";
import { type Database, type DatabaseLocation, openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { keys, line, openJournal, temporaryFolder, usageByDay } from "./fixture.ts";

/** Of three months, the first of them two years ago, and of one that nobody made a partition for. */
const days = ["2024-11-30", "2026-03-01", "2026-10-31", "2031-01-01"];
const callsOfDay = 40;
const firstVersion = "0001_journal";

/** Tables of the first version that hold lines: those that PostgreSQL does not have are SQLite's own. */
const tables = ["journal_chains", "journal_kinds", "journal"];

suite("a journal of the first version", () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  test("on SQLite", async () => {
    const folder = temporaryFolder();
    await check(async (name) => ({ file: join(folder, `${name}.db`) }));
  });

  test("on PostgreSQL", async () => {
    const location = { url: await check(async () => ({ url: await server.createEmptyDatabase() })) };
    const database = openDatabase(location);
    const { rows } = await database.knex.raw<{ rows: { partition: string; lines: string }[] }>(
      `select tableoid::regclass::text as partition, count(*) as lines from journal group by 1 order by 1`,
    );
    const made = rows.map(({ partition, lines }) => [partition, Number(lines)]);
    const ofDay = (month: string) => [`journal_${month}`, callsOfDay];
    // The last line is of a month that was not foreseen.
    const expected = [
      ofDay("202411"),
      ofDay("202602"),
      ofDay("202610"),
      ofDay("203012"),
      ["journal_default", 1],
    ];
    assert.deepEqual(made, expected);
    await database.close();
  });
});

/** Returns the address of the migrated database, where it has one. */
async function check(locate: (name: string) => Promise<DatabaseLocation>): Promise<string> {
  const written = await locate("written");
  {
    await using opened = await openJournal(written);
    for (const day of days) {
      // The first hour of a day of Paris is in the month before, in UTC.
      const receivedAt = startOfParisDay(day) + 1;
      const calls = Array.from({ length: callsOfDay }, (_, index) =>
        line({ tokenId: "tok_1", receivedAt, outcome: index % 4 === 0 ? "not_found" : "answered" }),
      );
      await Promise.all(calls.map((call) => opened.journal.append(call)));
    }
  }
  const location = await locate("old");
  const old = openDatabase(location);
  await migrate(old.knex, "journal", firstVersion);
  await copyLines(written, old);
  assert.deepEqual(await migrate(old.knex, "journal"), [
    "0002_rollups",
    "0003_availability",
    "0004_sketches-in-place",
    "0005_bundles",
    "0006_postgres-lines",
  ]);
  await old.close();

  await using opened = await openJournal(location);
  const verification = await verifyJournal(opened.reader, keys);
  assert.deepEqual([verification.lines, verification.broken], [days.length * callsOfDay, []]);
  for (const day of days) {
    const usage = await usageByDay(opened, "tok_1", day, day);
    const byOutcome = usage.toSorted((a, b) => a.outcome?.localeCompare(b.outcome ?? "") ?? 0);
    assert.deepEqual(byOutcome, [
      { day, outcome: "answered", calls: 30 },
      { day, outcome: "not_found", calls: 10 },
    ]);
  }
  // The next line takes its place after them.
  await opened.journal.append(line({ tokenId: "tok_2", receivedAt: startOfParisDay("2035-06-01") }));
  assert.equal((await verifyJournal(opened.reader, keys)).lines, days.length * callsOfDay + 1);
  return "url" in location ? location.url : "";
}

/** The rows of a journal of today, as the first version held them. */
async function copyLines(from: DatabaseLocation, to: Database): Promise<void> {
  const source = openDatabase(from);
  for (const table of tables) {
    const [here, there] = await Promise.all(
      [source, to].map(async ({ knex }) =>
        (await knex.schema.hasTable(table)) ? Object.keys(await knex(table).columnInfo()) : [],
      ),
    );
    const columns = (there ?? []).filter((column) => here?.includes(column));
    if (columns.length > 0) await to.knex.batchInsert(table, await source.knex(table).select(columns), 50);
  }
  await source.close();
}
