// Lines are counted once, whether they are added up as they are written or read back from the journal.
import assert from "node:assert/strict";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { CountedLine } from "../../src/journal/rollup.ts";
import { WrittenLines } from "../../src/journal/written-lines.ts";
import { startOfParisDay } from "../../src/paris-time.ts";
import { line, openJournal, temporaryFolder, usageByDay } from "./fixture.ts";

const counted: CountedLine = {
  ...{ receivedAt: 0, tokenId: "tok_1", procedureId: null, protocol: "rest", rpc: "x", httpStatus: 200 },
  ...{ rpcCode: "ok", errorId: "", outcome: "answered", durationUs: 1, responseBytes: 1, ineIndex: null },
};

/** Each line is of a series of its own, and so a row of its own; their one minute is four more. */
function written(ids: Iterable<number>, limit = 104): WrittenLines {
  const lines = new WrittenLines();
  for (const id of ids) lines.add(id, { ...counted, tokenId: `tok_${id}` }, limit);
  return lines;
}

function* idsFrom(first: number, last: number) {
  for (let id = first; id <= last; id += 1) yield id;
}

/** What is taken: the last id, the number of lines, and their calls. */
function taken(lines: WrittenLines, filed: number) {
  const stretch = lines.takeAfter(filed);
  const cells = stretch?.rollup.series.flatMap(({ minutes }) => [...minutes.values()]);
  return stretch && [stretch.last, stretch.lines, cells?.reduce((sum, { calls }) => sum + calls, 0)];
}

suite("written lines", () => {
  test("are taken in stretches of as many rows as the limit, in order", () => {
    const lines = written(idsFrom(8, 257));
    assert.deepEqual(taken(lines, 7), [107, 100, 100]);
    assert.deepEqual(taken(lines, 107), [207, 100, 100]);
    assert.equal(lines.isEmpty, false);
    assert.deepEqual(taken(lines, 207), [257, 50, 50]);
    assert.equal(lines.isEmpty, true);
    assert.equal(taken(lines, 257), undefined);
  });

  test("of one series are one row, however many they are, up to 8,192", () => {
    const lines = new WrittenLines();
    for (const id of idsFrom(1, 10_000)) lines.add(id, counted, 256);
    assert.deepEqual(taken(lines, 0), [8192, 8192, 8192]);
    assert.deepEqual(taken(lines, 8192), [10_000, 1808, 1808]);
  });

  test("count in the series and the minute of each, whatever line was before", () => {
    const lines = new WrittenLines();
    const kinds = [
      {},
      { tokenId: "tok_2" },
      { outcome: "not_found" },
      { httpStatus: 404 },
      { receivedAt: 60_000 },
    ];
    for (const id of idsFrom(1, 1000)) lines.add(id, { ...counted, ...kinds[id % kinds.length] }, 256);
    const stretch = lines.takeAfter(0);
    // Four series, the second minute of one of them, and everybody's two.
    assert.equal(stretch?.rows, 4 + 4 + 2 * 4);
    const own = stretch.rollup.series.flatMap(({ minutes }) => [...minutes.values()]);
    assert.deepEqual(
      own.map(({ calls }) => calls),
      kinds.map(() => 1000 / kinds.length),
    );
  });

  test("are dropped when somebody else has filed them, or the first of a stretch", () => {
    for (const filed of [8, 300]) {
      const lines = written(idsFrom(8, 257), 1000);
      assert.equal(taken(lines, filed), undefined);
      assert.equal(lines.isEmpty, true);
    }
    const lines = written(idsFrom(8, 257));
    assert.equal(taken(lines, 10), undefined);
    assert.deepEqual([lines.first, taken(lines, 107)], [108, [207, 100, 100]]);
  });

  test("wait until the lines before them are filed", () => {
    const lines = written(idsFrom(8, 257));
    assert.equal(taken(lines, 0), undefined);
    assert.deepEqual([lines.first, lines.hasFull], [8, true]);
    assert.deepEqual(taken(lines, 7), [107, 100, 100]);
  });

  test("are dropped when somebody else wrote in between", () => {
    const lines = written([1, 2, 3, 5, 6]);
    assert.equal(taken(lines, 0), undefined);
    assert.deepEqual(taken(written([1, 2, 3, 5, 6]), 4), [6, 2, 2]);
  });

  test("do not grow without bound when nobody takes them", () => {
    const lines = written(idsFrom(1, 100_000), 516);
    assert.equal(taken(lines, 0), undefined);
    const kept = written(idsFrom(1, 30_000), 516);
    assert.deepEqual(taken(kept, 0), [512, 512, 512]);
  });
});

test("two writers of one journal file every line once", async () => {
  const location = { file: join(temporaryFolder(), "journal.db") };
  await using one = await openJournal(location);
  await using other = await openJournal(location);
  const receivedAt = startOfParisDay("2026-03-01") + 1;
  const appendTo = async ({ journal }: typeof one, count: number) => {
    for (let start = 0; start < count; start += 100) {
      await Promise.all(
        Array.from({ length: 100 }, () => journal.append(line({ tokenId: "tok_1", receivedAt }))),
      );
    }
  };
  const filed = () =>
    one.database.knex("journal_rollup_marks").max("seq as seq").first<{ seq: number | null }>();
  // In turns, so that each of them goes on alone, and at the same time.
  await appendTo(one, 6000);
  const { seq: first } = await filed();
  assert.ok((first ?? 0) > 0, "one writer filed what it wrote");
  await appendTo(other, 6000);
  await Promise.all([appendTo(one, 2000), appendTo(other, 2000)]);
  await appendTo(one, 6000);
  await Promise.all([one.journal.close(), other.journal.close()]);
  const { seq: last } = await filed();
  assert.ok((last ?? 0) > 16_000, `filed up to ${last}`);
  const calls = await usageByDay(one, "tok_1", "2026-03-01", "2026-03-01");
  assert.deepEqual(calls, [{ day: "2026-03-01", outcome: "answered", calls: 22_000 }]);
});
