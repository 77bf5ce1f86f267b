// Rebuilds of the roll-ups that meet, or that were interrupted: what is counted stays right, and nothing is left over.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Sqlite from "better-sqlite3";
import { type Rebuild, rebuildRollups } from "../../src/journal/rebuild-rollups-storage.ts";
import { startOfParisDay } from "../../src/paris-time.ts";
import type { DatabaseLocation } from "../../src/storage/database.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { line, type OpenJournal, openJournal, temporaryFolder, usageByDay } from "./fixture.ts";

/** Counts from here on are made again; those before stay, since their lines may have been erased. */
const from = startOfParisDay("2026-02-01");
const now = startOfParisDay("2026-05-01");
const days = ["2026-01-15", "2026-02-15", "2026-03-15"];
const callsOfDay = 600;

async function fill({ journal }: OpenJournal): Promise<void> {
  for (const day of days) {
    for (let start = 0; start < callsOfDay; start += 100) {
      const calls = Array.from({ length: 100 }, () =>
        line({ tokenId: "tok_1", receivedAt: startOfParisDay(day) + 1 }),
      );
      await Promise.all(calls.map((call) => journal.append(call)));
    }
  }
}

const program = fileURLToPath(new URL("./appending-process.ts", import.meta.url));

/** An instance of its own, which ends without filing what it wrote last. */
async function appendInProcess(location: DatabaseLocation, calls: number): Promise<void> {
  const child = spawn(process.execPath, [program, JSON.stringify(location), "64", String(calls)], {
    stdio: "ignore",
  });
  const [code] = await once(child, "exit");
  assert.equal(code, 0);
}

async function assertCounted(opened: OpenJournal): Promise<void> {
  for (const day of days) {
    const expected = [{ day, outcome: "answered", calls: callsOfDay }];
    assert.deepEqual(await usageByDay(opened, "tok_1", day, day), expected, day);
  }
}

/** Rows of each generation in the tables that have some. */
async function generations({ database }: OpenJournal): Promise<Set<number>> {
  const tables = ["journal_rollups", "journal_sketches", "journal_seconds", "journal_capacity"];
  const found = await Promise.all(tables.map((table) => database.knex(table).distinct("generation")));
  return new Set(found.flat().map(({ generation }) => Number(generation)));
}

const places = {
  SQLite: async () => ({ file: join(temporaryFolder(), "journal.db") }),
  PostgreSQL: async () => ({ url: await server.createDatabase() }),
};
let server: PostgresServer;

suite("rebuilds", () => {
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  for (const [name, locate] of Object.entries(places)) {
    test(`of which a second one begins while the first is about to end, on ${name}`, async () => {
      await using opened = await openJournal(await locate());
      await fill(opened);
      await rebuildRollups(opened.database, { from: 0, now });
      let second: Promise<Rebuild> | undefined;
      // The last progress comes before the first rebuild puts its counts in their place.
      const first = rebuildRollups(opened.database, { from, now }, (lines) => {
        if (lines === days.length * callsOfDay) second ??= rebuildRollups(opened.database, { from, now });
      });
      await assert.rejects(first, /another rebuild has begun/);
      assert.equal((await second)?.corrected, 0);
      await assertCounted(opened);
      assert.equal((await generations(opened)).size, 1);
    });

    test(`count every line once while two processes journal and file, on ${name}`, async () => {
      const location = await locate();
      await using opened = await openJournal(location);
      const callsOfProcess = 3000;
      const load = Promise.all([1, 2].map(() => appendInProcess(location, callsOfProcess)));
      let isOver = false;
      const ended = load.finally(() => {
        isOver = true;
      });
      do {
        await rebuildRollups(opened.database, { from: 0, now });
        await pause(1);
      } while (!isOver);
      await ended;
      const [day, calls] = ["2026-10-01", 2 * callsOfProcess];
      const counted = () => usageByDay(opened, "tok_one", day, day);
      const expected = [{ day, outcome: "answered", calls }];
      assert.deepEqual(await counted(), expected);
      // What waits to be filed is no count that was wrong.
      const quiet = await rebuildRollups(opened.database, { from: 0, now: startOfParisDay("2026-12-01") });
      assert.deepEqual([quiet.lines, quiet.corrected], [calls, 0]);
      assert.deepEqual(await counted(), expected);
    });

    test(`of which one was interrupted leave nothing once another one has ended, on ${name}`, async () => {
      await using opened = await openJournal(await locate());
      await fill(opened);
      const interrupted = rebuildRollups(opened.database, { from, now }, () => {
        throw new Error("killed");
      });
      await assert.rejects(interrupted, /killed/);
      // As if the one before it had been killed while it deleted what it had replaced.
      const { knex } = opened.database;
      await knex("journal_rollup_state").update({ generation: 2 });
      await knex("journal_seconds")
        .insert({ generation: 1, second: 7, offered: 1, limited: 0, saturated: 0 })
        .onConflict()
        .ignore();
      await rebuildRollups(opened.database, { from: 0, now });
      await assertCounted(opened);
      assert.deepEqual(await generations(opened), new Set([3]));
    });
  }

  test("leave the lock to others between their transactions, on SQLite", async () => {
    const file = join(temporaryFolder(), "journal.db");
    await using opened = await openJournal({ file });
    await fill(opened);
    await opened.journal.close();
    const foreign = new Sqlite(file, { timeout: 0 });
    let taken = 0;
    const timer = setInterval(() => {
      try {
        foreign.exec("begin immediate; rollback");
        taken += 1;
      } catch (error) {
        assert.equal((error as { code?: string }).code, "SQLITE_BUSY");
      }
    }, 1);
    const takenAt: number[] = [];
    await rebuildRollups(opened.database, { from: 0, now }, () => takenAt.push(taken));
    clearInterval(timer);
    foreign.close();
    assert.ok(takenAt.length > 2);
    assert.equal(new Set(takenAt).size, takenAt.length, `${takenAt}`);
  });
});
