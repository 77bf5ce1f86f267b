// Rebuilds of the roll-ups that meet, or that were interrupted: what is counted stays right, and nothing is left over.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type Rebuild, rebuildRollups } from "../../src/journal/rebuild-rollups-storage.ts";
import { startOfParisDay } from "../../src/paris-time.ts";
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
});
