// Who files which lines on PostgreSQL: each process its own, and those that nobody else files.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { newChain } from "../../src/journal/chain.ts";
import { encodeLine } from "../../src/journal/line-encoding.ts";
import type { StoredLine } from "../../src/journal/line-storage.ts";
import { createLineWriter } from "../../src/journal/line-writer.ts";
import { PostgresFiler } from "../../src/journal/postgres-filer-storage.ts";
import { LineArrays } from "../../src/journal/postgres-line-array.ts";
import { openPostgresLineStorage } from "../../src/journal/postgres-line-storage.ts";
import { rebuildRollups } from "../../src/journal/rebuild-rollups-storage.ts";
import { writeTransaction } from "../../src/journal/sql-runner-storage.ts";
import { startOfParisDay } from "../../src/paris-time.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { eventually } from "../support/eventually.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { keys, line, openJournal, usageByDay } from "./fixture.ts";

const limit = 512;
const receivedAt = startOfParisDay("2026-03-01") + 1;

/** A database whose lines are written without being filed, and a filer that is told of some of them. */
async function openFiler(url: string) {
  const database = openDatabase({ url });
  await migrate(database.knex, "journal");
  const storage = await openPostgresLineStorage(url, () => {});
  const arrays = new LineArrays();
  let now = 0;
  const filer = new PostgresFiler(() => now);
  const writerOf = (tell: (stored: StoredLine) => boolean) => {
    const write = async (lines: readonly StoredLine[]) => {
      await storage.write(lines);
      for (const stored of lines.filter(tell)) {
        filer.add(stored.chain, stored.seq, arrays.counted(stored), limit);
      }
    };
    const options = { storage: { ...storage, write }, keys, chain: newChain(), onFault: assert.ifError };
    const writer = createLineWriter(options);
    return (count: number) =>
      writer.write(Array.from({ length: count }, () => encodeLine(line({ tokenId: "tok_1", receivedAt }))));
  };
  return {
    database,
    writerOf,
    /** Lines that are read cost a row each, at least. */
    async pass(ms = 0) {
      now += ms;
      const filed = writeTransaction(database, (sql) => filer.fileNext(sql, limit));
      filed.catch(() => filer.failed());
      const { lines, rows, more } = await filed;
      return { lines, isRead: rows >= lines, more };
    },
    /** Calls that the roll-ups hold. */
    async filed(): Promise<number> {
      const row = await database
        .knex("journal_rollups as r")
        .join("journal_series as s", "s.number", "r.series")
        .where({ "s.token_id": "*", "r.grain": 0 })
        .sum({ calls: "r.calls" })
        .first();
      return Number(row?.["calls"]);
    },
    async [Symbol.asyncDispose]() {
      await storage.close();
      await database.close();
    },
  };
}

suite("filing on PostgreSQL", () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  test("lines of others are read at the start, and later when their process has ended", async () => {
    await using opened = await openFiler(await server.createDatabase());
    const write = opened.writerOf(() => false);
    await write(100);
    assert.deepEqual(await opened.pass(), { lines: 100, isRead: true, more: false });
    await write(50);
    assert.equal((await opened.pass()).lines, 0);
    assert.equal((await opened.pass(29_000)).lines, 0);
    assert.equal((await opened.pass(1000)).lines, 50);
    assert.equal(await opened.filed(), 150);
  });

  test("what was not read at once is read by the next passes", async () => {
    await using opened = await openFiler(await server.createDatabase());
    const write = opened.writerOf(() => false);
    for (let group = 0; group < 3; group += 1) await write(500);
    assert.deepEqual(await opened.pass(), { lines: 1024, isRead: true, more: true });
    assert.deepEqual(await opened.pass(), { lines: 476, isRead: true, more: false });
    assert.equal(await opened.filed(), 1500);
  });

  test("own lines are not read, but for those whose answer was lost", async () => {
    await using opened = await openFiler(await server.createDatabase());
    const write = opened.writerOf(({ seq }) => seq < 40 || seq >= 60);
    await write(40);
    assert.deepEqual(await opened.pass(), { lines: 40, isRead: false, more: false });
    await write(20);
    await write(40);
    assert.deepEqual(await opened.pass(), { lines: 20, isRead: true, more: false });
    assert.deepEqual(await opened.pass(), { lines: 40, isRead: false, more: false });
    assert.equal(await opened.filed(), 100);
  });

  test("what a rebuild has counted is not counted again", async () => {
    await using opened = await openFiler(await server.createDatabase());
    const write = opened.writerOf(() => true);
    await write(30);
    await rebuildRollups(opened.database, { from: 0, now: receivedAt });
    await write(10);
    // The stretch began before the mark: its rest is read.
    assert.deepEqual(await opened.pass(), { lines: 10, isRead: true, more: false });
    await write(20);
    assert.deepEqual(await opened.pass(), { lines: 20, isRead: false, more: false });
    assert.equal(await opened.filed(), 60);
  });

  test("a pass that fails loses nothing", async () => {
    await using opened = await openFiler(await server.createDatabase());
    const write = opened.writerOf(() => true);
    await write(30);
    await opened.database.knex.raw("alter table journal_rollups rename to away");
    await assert.rejects(opened.pass());
    await opened.database.knex.raw("alter table away rename to journal_rollups");
    await write(10);
    assert.equal((await opened.pass()).lines, 30);
    assert.deepEqual(await opened.pass(), { lines: 10, isRead: false, more: false });
    assert.equal(await opened.filed(), 40);
  });

  test("two processes file every line once, at the same time", async () => {
    const location = { url: await server.createDatabase() };
    await using one = await openJournal(location);
    await using other = await openJournal(location);
    const appendTo = async ({ journal }: typeof one) => {
      for (let start = 0; start < 6000; start += 100) {
        const group = Array.from({ length: 100 }, () => line({ tokenId: "tok_1", receivedAt }));
        await Promise.all(group.map((call) => journal.append(call)));
      }
    };
    await Promise.all([appendTo(one), appendTo(other)]);
    const marks = () => one.database.knex("journal_rollup_marks").where("seq", ">=", 4095);
    let calls = 12_000;
    await eventually(async () => {
      if ((await marks()).length === 2) return true;
      // How many lines came during the first pass is up to the machine: the next one may be due by time, with a write.
      await Promise.all(
        [one, other].map(({ journal }) => journal.append(line({ tokenId: "tok_1", receivedAt }))),
      );
      calls += 2;
      return false;
    });
    const counted = await usageByDay(one, "tok_1", "2026-03-01", "2026-03-01");
    assert.deepEqual(counted, [{ day: "2026-03-01", outcome: "answered", calls }]);
  });
});
