// Calls of many tokens are counted exactly and at once while they wait in bundles, after those are merged, and by a
// rebuild: on both databases.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { mergeFullestShelf } from "../../src/journal/bundle-storage.ts";
import { currentGeneration, fileInto } from "../../src/journal/file-rollups-storage.ts";
import type { JournalLine } from "../../src/journal/journal.ts";
import { rebuildRollups } from "../../src/journal/rebuild-rollups-storage.ts";
import { writeTransaction } from "../../src/journal/sql-runner-storage.ts";
import { parisDayStart, parisMonthStart, startOfParisDay } from "../../src/paris-time.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { line, type OpenJournal, openJournal, temporaryFolder } from "./fixture.ts";

const tokens = 400;
/** Calls of each token: some of them late, and of the month before. */
const instants = [
  startOfParisDay("2026-03-02") + 1,
  startOfParisDay("2026-03-02") + 61_000,
  startOfParisDay("2026-02-28") + 5000,
  startOfParisDay("2026-03-02") + 2000,
];
const bucketStart = { day: parisDayStart, month: parisMonthStart };

const tokenOf = (index: number) => `tok_${index % tokens}`;
/** Tokens call by several ways, for students of their own and for some that others ask for too. */
function lineAt(index: number): JournalLine {
  const student = index % 3 === 0 ? index % 50 : index;
  return line({
    tokenId: tokenOf(index),
    procedureId: `prc_${index % 7}`,
    receivedAt: instants[Math.floor(index / tokens) % instants.length] as number,
    outcome: index % 5 === 0 ? "not_found" : "answered",
    durationUs: 1000 + index,
    responseBytes: index,
    sealed: { ine: `${String(student).padStart(10, "0")}A` },
  });
}

const lines = Array.from({ length: tokens * instants.length }, (_, index) => lineAt(index));

/** What the lines of some tokens sum up to, by bucket. */
function expectedOf(grain: "day" | "month", ofTokens: (tokenId: string) => boolean) {
  const wanted = lines.filter(({ tokenId }) => ofTokens(tokenId ?? ""));
  const buckets = Map.groupBy(wanted, ({ receivedAt }) => bucketStart[grain](receivedAt));
  return [...buckets]
    .map(([bucket, calls]) => ({
      ...{ bucket, calls: calls.length },
      durationUs: calls.reduce((sum, { durationUs }) => sum + durationUs, 0),
      students: new Set(calls.filter(({ outcome }) => outcome === "answered").map(({ sealed }) => sealed.ine))
        .size,
    }))
    .sort((a, b) => a.bucket - b.bucket);
}

async function countedOf({ rollups }: OpenJournal, grain: "day" | "month", tokenIds?: string[]) {
  const [from, until] = [startOfParisDay("2026-01-01"), startOfParisDay("2027-01-01")];
  const cells = await rollups.usage({
    ...{ grain, from, until, tokenIds, by: [], overTime: true, withLatency: true },
  });
  const { byBucket } = await rollups.students(grain, from, until, tokenIds);
  return cells.map(({ bucket, calls, durationUs, latency }) => {
    assert.equal(
      latency.reduce((sum, count) => sum + count, 0),
      calls,
    );
    return { bucket, calls, durationUs, students: byBucket.has(bucket) ? byBucket.get(bucket) : 0 };
  });
}

/** Asks as a token, as a partner, as an operator, and token by token. */
async function check(opened: OpenJournal): Promise<void> {
  for (const grain of ["day", "month"] as const) {
    for (const index of [0, 5, 399]) {
      const own = await countedOf(opened, grain, [tokenOf(index)]);
      assert.deepEqual(
        own,
        expectedOf(grain, (tokenId) => tokenId === tokenOf(index)),
      );
    }
    const partners = ["tok_1", "tok_2", "tok_200"];
    const counted = await countedOf(opened, grain, partners);
    assert.deepEqual(
      counted,
      expectedOf(grain, (tokenId) => partners.includes(tokenId)),
    );
    const everybodys = (await countedOf(opened, grain)).map(({ bucket, calls }) => [bucket, calls]);
    const all = expectedOf(grain, () => true).map(({ bucket, calls }) => [bucket, calls]);
    assert.deepEqual(everybodys, all);
  }
  const byToken = await opened.rollups.usage({
    ...{ grain: "month", from: 0, until: Number.MAX_SAFE_INTEGER, by: ["tokenId"] },
    ...{ filter: { outcome: "not_found" }, overTime: false, withLatency: false },
  });
  const refused = lines.filter(({ outcome }) => outcome === "not_found");
  assert.equal(byToken.length, new Set(refused.map(({ tokenId }) => tokenId)).size);
  assert.ok(byToken.every(({ calls }) => calls === instants.length));
}

async function bundles({ database }: OpenJournal): Promise<number> {
  const [row] = await database.knex("journal_bundles").count({ bundles: "*" });
  return Number(row?.["bundles"]);
}

/** Files what waits, as the writer does. */
async function fileAll({ database }: OpenJournal): Promise<void> {
  for (let filed = 1; filed > 0; ) {
    filed = await writeTransaction(database, async (sql) => fileInto(sql, await currentGeneration(sql), 700));
  }
}

async function mergeSome({ database }: OpenJournal, mayStay: number): Promise<boolean> {
  return writeTransaction(database, async (sql) =>
    mergeFullestShelf(sql, await currentGeneration(sql), mayStay),
  );
}

/** Counts the turns of the event loop. */
function countTurns() {
  let turns = 0;
  let next: NodeJS.Immediate;
  const turn = () => {
    turns += 1;
    next = setImmediate(turn);
  };
  turn();
  return { count: () => turns, stop: () => clearImmediate(next) };
}

const places = {
  SQLite: async () => ({ file: join(temporaryFolder(), "journal.db") }),
  PostgreSQL: async () => ({ url: await server.createDatabase() }),
};
let server: PostgresServer;

suite("calls of many tokens", () => {
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());
  for (const [name, locate] of Object.entries(places)) {
    test(`are exact in bundles, merged and rebuilt, on ${name}`, async () => {
      await using opened = await openJournal(await locate());
      for (let start = 0; start < lines.length; start += 100) {
        // A line that is late on a busy machine is written all the same.
        await Promise.allSettled(lines.slice(start, start + 100).map((each) => opened.journal.append(each)));
      }
      await opened.journal.close();
      await fileAll(opened);
      assert.ok((await bundles(opened)) > 0, "some wait in bundles");
      await check(opened);

      assert.equal(await mergeSome(opened, 4 * 1024 * 1024), false);
      assert.equal(await mergeSome(opened, 1000), true);
      assert.ok((await bundles(opened)) > 0, "some still wait");
      await check(opened);

      const now = startOfParisDay("2026-05-01");
      // What SQLite's statements hold is given back when the loop turns: without that a rebuild took 2.5 KB for each line.
      const turns = countTurns();
      const turnsAtPass: number[] = [];
      const period = { from: startOfParisDay("2026-01-01"), now };
      const unmerged = await rebuildRollups(opened.database, period, () => turnsAtPass.push(turns.count()));
      turns.stop();
      assert.ok(turnsAtPass.length > 2);
      assert.equal(new Set(turnsAtPass).size, turnsAtPass.length, `${turnsAtPass}`);
      assert.deepEqual([unmerged.lines, unmerged.corrected], [lines.length, 0]);
      await check(opened);

      while (await mergeSome(opened, 0));
      assert.equal(await bundles(opened), 0);
      await check(opened);
      // Merged once more, nothing counts twice.
      assert.equal(await mergeSome(opened, 0), false);

      await opened.database
        .knex("journal_rollups")
        .where({ grain: 2 })
        .where("calls", "<", 3)
        .update({ calls: 9 });
      const spoilt = await rebuildRollups(opened.database, { from: startOfParisDay("2026-01-01"), now });
      assert.ok(spoilt.corrected > 0);
      await check(opened);
    });
  }
});
