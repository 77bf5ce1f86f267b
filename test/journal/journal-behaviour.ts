// What every journal does, whatever the database: run by sqlite.test.ts and postgres.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Worker } from "node:worker_threads";
import { ServiceError } from "../../src/errors.ts";
import { genesis, newChain } from "../../src/journal/chain.ts";
import { parseJournalKeys } from "../../src/journal/journal-keys.ts";
import { createJournalReader } from "../../src/journal/journal-storage.ts";
import { encodeLine, position } from "../../src/journal/line-encoding.ts";
import { openLineStorage, type StoredLine } from "../../src/journal/line-storage.ts";
import { createLineWriter } from "../../src/journal/line-writer.ts";
import { verifyJournal } from "../../src/journal/verify-journal.ts";
import type { DatabaseLocation } from "../../src/storage/database.ts";
import { eventually } from "../support/eventually.ts";
import {
  isRefusedAtOnce,
  keys,
  line,
  type OpenJournal,
  openJournal,
  outcomes,
  patientClock,
  rotatedKeyText,
  usageByDay,
} from "./fixture.ts";
import { answersBeforeKill, killWhileAppending } from "./kill-while-appending.ts";

export interface Backend {
  createLocation(): Promise<DatabaseLocation>;
  /** Takes the write lock from outside; the returned function gives it back. */
  block(location: DatabaseLocation): Promise<() => Promise<void>>;
  /** Statements that make the database refuse lines whose request id starts with `poison`. */
  readonly poison: readonly string[];
}

async function count(opened: OpenJournal): Promise<number> {
  const [row] = await opened.database.knex("journal").count({ lines: "*" });
  return Number(row?.["lines"]);
}

async function assertWhole(opened: OpenJournal, lines: number): Promise<void> {
  const verification = await verifyJournal(opened.reader, keys);
  assert.deepEqual(verification.broken, []);
  assert.equal(verification.lines, lines);
  assert.equal(await count(opened), lines);
}

function isTraceUnavailable(error: unknown): boolean {
  return error instanceof ServiceError && error.id === "trace_unavailable";
}

export function testJournal(backend: Backend): void {
  const open = async () => openJournal(await backend.createLocation());

  test("64 concurrent appenders: each line once, one whole chain, usage equal to the lines", async () => {
    await using opened = await open();
    const { journal, database, reader } = opened;
    let left = 3000;
    const appender = async (_: unknown, index: number) => {
      while (left > 0) {
        left -= 1;
        await journal.append(
          line({
            tokenId: index % 4 === 0 ? undefined : `tok_${index % 4}`,
            outcome: index % 3 === 0 ? "not_found" : "answered",
            receivedAt: Date.UTC(2026, 9, 24 + (index % 3), 21, 59, 59, 999) + (index % 2),
          }),
        );
      }
    };
    await Promise.all(Array.from({ length: 64 }, appender));
    await assertWhole(opened, 3000);
    const chains = await database.knex("journal").distinct("chain");
    assert.equal(chains.length, 1);
    const ids = await database.knex("journal").countDistinct({ ids: "request_id" });
    assert.equal(Number(ids[0]?.["ids"]), 3000);
    for (const token of ["tok_1", "tok_2", "tok_3"]) {
      const usage = await usageByDay(opened, token, "2026-10-24", "2026-10-28");
      const records = await reader.latest({ tokenId: token }, 10_000);
      assert.equal(
        usage.reduce((sum, { calls }) => sum + calls, 0),
        records.length,
      );
      const notFound = records.filter(({ values }) => values[position.outcome] === "not_found").length;
      const counted = usage
        .filter(({ outcome }) => outcome === "not_found")
        .reduce((sum, { calls }) => sum + calls, 0);
      assert.equal(counted, notFound);
      const formatter = new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Paris" });
      const days = Map.groupBy(records, ({ values }) =>
        formatter.format(Number(values[position.receivedAt])),
      );
      for (const [day, ofDay] of days) {
        const calls = usage.filter((row) => row.day === day).reduce((sum, row) => sum + row.calls, 0);
        assert.equal(calls, ofDay.length, day);
      }
    }
    assert.deepEqual(opened.errors, []);
  });

  test("a line comes back as it was given, with hostile texts made storable", async () => {
    await using opened = await open();
    const { journal, reader } = opened;
    const hostile = "a\0b\u{2028}\u001b[31m\ud800\r\n'\";--é🎓";
    const given = line({
      userAgent: hostile,
      route: "r".repeat(500),
      durationUs: 12.6,
      sealed: { target: hostile, agent: hostile },
    });
    await journal.append(given);
    const [record] = await reader.findByRequestId(given.requestId);
    assert(record);
    assert.deepEqual(reader.open(record), given.sealed);
    assert.equal(record.values[position.userAgent], "a\u{FFFD}b\u{2028}\u001b[31m\u{FFFD}\r\n'\";--é🎓");
    assert.equal(record.values[position.route], "r".repeat(200));
    assert.equal(record.values[position.durationUs], 13);
    assert.equal(record.values[position.receivedAt], given.receivedAt);
    await assertWhole(opened, 1);
  });

  test("pages follow each other without gap or repeat", async () => {
    await using opened = await open();
    const { journal, reader } = opened;
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        journal.append(line({ receivedAt: 1_800_000_000_000 + (index >> 3) })),
      ),
    );
    const seen: number[] = [];
    let page = await reader.latest({}, 7);
    while (page.length > 0) {
      seen.push(...page.map(({ seq }) => seq));
      const last = page.at(-1);
      assert(last);
      page = await reader.latest({}, 7, last.cursor);
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 50 }, (_, index) => 49 - index),
    );
  });

  test("the lines of many tokens come together in pages, by a few statements", async () => {
    await using opened = await open();
    const { journal, reader, database } = opened;
    const start = Date.UTC(2026, 8, 29);
    // Some over the end of a month, and several in one millisecond.
    const receivedAt = (index: number) => start + (index >> 1) * 3_600_000;
    await Promise.all(
      Array.from({ length: 120 }, (_, index) =>
        journal.append(line({ receivedAt: receivedAt(index), tokenId: `tok_${index % 60}` })),
      ),
    );
    const tokenIds = Array.from({ length: 200 }, (_, index) => `tok_${index * 2}`);
    const place = ({ seq }: { seq: number }) => seq;
    const isAsked = (index: number) => index % 60 < 400 && index % 2 === 0;
    const all = Array.from({ length: 120 }, (_, index) => 119 - index).filter(isAsked);
    let statements = 0;
    database.knex.on("query", () => {
      statements += 1;
    });
    const seen: number[] = [];
    let page = await reader.latest({ tokenIds }, 7);
    assert.ok(statements <= 5, `${statements} statements`);
    for (; page.length > 0; page = await reader.latest({ tokenIds }, 7, page.at(-1)?.cursor)) {
      seen.push(...page.map(place));
    }
    assert.deepEqual(seen, all);
    const [from, until] = [receivedAt(20), receivedAt(81)];
    const within = await reader.latest({ tokenIds, from, until }, 100);
    assert.deepEqual(
      within.map(place),
      all.filter((index) => receivedAt(index) >= from && receivedAt(index) < until),
    );
    assert.deepEqual(await reader.latest({ tokenIds: [] }, 7), []);
    assert.deepEqual(await reader.latest({ tokenIds: ["tok_none"] }, 7), []);
  });

  test("a line that the database refuses is refused alone", async () => {
    await using opened = await open();
    const { journal, database, errors } = opened;
    for (const statement of backend.poison) await database.knex.raw(statement);
    const appends = Array.from({ length: 40 }, (_, index) =>
      journal.append(line(index === 17 ? { requestId: "poison-17" } : {})),
    );
    const results = await Promise.allSettled(appends);
    const refused = results.flatMap((result, index) =>
      result.status === "rejected" ? [[index, result.reason]] : [],
    );
    assert.equal(refused.length, 1);
    assert.equal(refused[0]?.[0], 17);
    assert(isTraceUnavailable(refused[0]?.[1]));
    assert.equal(journal.healthy, true);
    assert.equal(errors.length, 1);
    await assertWhole(opened, 39);
    const usage = await usageByDay(opened, "tok_one", "2000-01-01", "2100-01-01");
    assert.equal(
      usage.reduce((sum, { calls }) => sum + calls, 0),
      39,
    );
  });

  test("a foreign write lock: refused within 250 ms, then at once when the queue is full; back by itself", async () => {
    const clock = patientClock();
    await using opened = await openJournal(await backend.createLocation(), keys, clock);
    const { journal, location } = opened;
    await journal.append(line());
    const release = await backend.block(location);
    clock.runs = true;
    try {
      const first = await outcomes(Array.from({ length: 2000 }, () => journal.append(line())));
      assert.deepEqual(first, { ok: 0, refused: 2000, late: 0 });
      assert.equal(journal.healthy, false);
      const beyond = journal.append(line());
      assert(await isRefusedAtOnce(beyond));
      await assert.rejects(beyond, isTraceUnavailable);
    } finally {
      clock.runs = false;
      await release();
    }
    await eventually(() => journal.healthy);
    await journal.append(line());
    // Once that lines are late, and once why, if the database said so.
    assert([1, 2].includes(opened.errors.length), String(opened.errors));
    await eventually(async () => (await count(opened)) === 2002);
    await assertWhole(opened, 2002);
  });

  test("a writer that dies is replaced with a chain of its own; nothing is lost or written twice", async () => {
    const workers: Worker[] = [];
    const collect = (worker: Worker) => workers.push(worker);
    process.on("worker", collect);
    await using opened = await open();
    const { journal, database } = opened;
    const appends = Array.from({ length: 1500 }, () => journal.append(line()));
    const settled = outcomes(appends);
    await appends[0];
    await workers[0]?.terminate();
    assert.equal(journal.healthy, false);
    await settled;
    await eventually(() => journal.healthy);
    process.off("worker", collect);
    await journal.append(line());
    await eventually(async () => (await count(opened)) === 1501);
    assert.equal((await database.knex("journal").distinct("chain")).length, 2);
    assert.equal(
      Number((await database.knex("journal").countDistinct({ ids: "request_id" }))[0]?.["ids"]),
      1501,
    );
    await assertWhole(opened, 1501);
    assert.match(opened.errors[0]?.message ?? "", /writer ended/);
  });

  test("close writes what is queued, and refuses what comes after", async () => {
    const location = await backend.createLocation();
    const opened = await openJournal(location);
    const appends = Array.from({ length: 1200 }, () => opened.journal.append(line()));
    await opened.journal.close();
    assert.equal((await outcomes(appends)).ok, 1200);
    await assert.rejects(opened.journal.append(line()), isTraceUnavailable);
    await assertWhole(opened, 1200);
    await opened.database.close();
  });

  test("two writers of one chain: the second one is refused its place and starts another chain", async () => {
    await using opened = await open();
    const chain = newChain();
    const seen: StoredLine[] = [];
    const storage = await openLineStorage(opened.location, () => {});
    const spying = {
      ...storage,
      write(lines: readonly StoredLine[]) {
        seen.push(...lines);
        return storage.write(lines);
      },
    };
    const faults: string[] = [];
    const onFault = (_: unknown, fault: string) => faults.push(fault);
    const first = createLineWriter({ storage: spying, keys, chain, onFault });
    const second = createLineWriter({ storage, keys, chain, onFault });
    await first.write([encodeLine(line()), encodeLine(line())]);
    await assert.rejects(async () => storage.write(seen));
    assert.deepEqual(await second.write([encodeLine(line())]), []);
    assert.deepEqual(await first.write([encodeLine(line())]), []);
    await storage.close();
    assert.deepEqual(faults, ["taken"]);
    assert.equal((await opened.database.knex("journal_lines").where({ chain })).length, 3);
    await assertWhole(opened, 4);
  });

  test("a commit whose answer was lost is found in the chain, not written again", async () => {
    await using opened = await open();
    const storage = await openLineStorage(opened.location, () => {});
    let losses = 1;
    const losing = {
      ...storage,
      async write(lines: readonly StoredLine[]) {
        await storage.write(lines);
        losses -= 1;
        if (losses === 0) throw Object.assign(new Error("Connection terminated unexpectedly"));
      },
      faultOf: () => "database" as const,
    };
    const writer = createLineWriter({ storage: losing, keys, chain: newChain(), onFault: () => {} });
    assert.deepEqual(await writer.write([encodeLine(line()), encodeLine(line())]), []);
    assert.deepEqual(await writer.write([encodeLine(line())]), []);
    await storage.close();
    await assertWhole(opened, 3);
  });

  test("verification names the first line that was changed, taken out or moved", async () => {
    await using opened = await open();
    const { journal, database, reader } = opened;
    for (let index = 0; index < 6; index += 1) await journal.append(line());
    const original = await database.knex("journal").orderBy("seq");
    const [{ chain }] = await database.knex("journal_lines");
    const restore = async () => {
      await database.knex("journal").delete();
      await database.knex("journal").insert(original);
    };
    const firstBroken = async () => (await verifyJournal(reader, keys)).broken;
    assert.deepEqual(await firstBroken(), []);
    const ignored = new Set(["id", "chain", "seq"]);
    for (const [name, value] of Object.entries(original[3])) {
      if (ignored.has(name)) continue;
      const changed = Buffer.isBuffer(value)
        ? flipped(value)
        : typeof value === "string"
          ? `${value}x`.slice(-13)
          : Number(value) + 1;
      await database
        .knex("journal")
        .where({ seq: 3 })
        .update({ [name]: changed });
      const [broken, ...others] = await firstBroken();
      assert.deepEqual(others, []);
      assert.equal(broken?.seq, 3, `${name}: ${broken?.reason}`);
      if (name !== "commitment" && name !== "hash" && name !== "version" && name !== "month") {
        await database
          .knex("journal")
          .where({ seq: 3 })
          .update({ [name]: null });
        assert.equal((await firstBroken())[0]?.seq, 3, `${name} null`);
      }
      await restore();
    }
    await database.knex("journal").where({ seq: 2 }).delete();
    assert.deepEqual(await firstBroken(), [{ chain, seq: 2, reason: "the line is missing" }]);
    await restore();
    await database.knex("journal").where({ seq: 0 }).delete();
    assert.equal((await firstBroken())[0]?.seq, 0);
    await restore();
    for (const [from, to] of [
      [1, 100],
      [4, 1],
      [100, 4],
    ]) {
      await database.knex("journal").where({ seq: from }).update({ seq: to });
    }
    assert.equal((await firstBroken())[0]?.seq, 1);
    await restore();
    assert.deepEqual(await firstBroken(), []);
  });

  test("an erased line keeps its links, and nothing of it is left", async () => {
    await using opened = await open();
    const { journal, database, reader } = opened;
    for (let index = 0; index < 3; index += 1) await journal.append(line());
    const [row] = await database.knex("journal").where({ seq: 1 });
    const kept = new Set(["id", "month", "chain", "seq", "version", "commitment", "hash"]);
    const erased = Object.fromEntries(
      Object.keys(row).flatMap((name) => (kept.has(name) ? [] : [[name, null]])),
    );
    await database.knex("journal").where({ seq: 1 }).update(erased);
    const verification = await verifyJournal(reader, keys);
    assert.deepEqual(verification, { chains: 1, lines: 3, erased: 1, broken: [] });
    assert.equal((await reader.latest({}, 10)).length, 2);
  });

  test("a search by INE finds every call that concerns the student, in any case, and no other", async () => {
    await using opened = await open();
    const { journal, reader } = opened;
    await journal.append(line({ sealed: { ine: "1234567890a" } }));
    await journal.append(line({ sealed: { ine: "1234567890B" } }));
    await journal.append(line({ sealed: { ine: undefined } }));
    await journal.append(line({ sealed: { ine: "1234567890A" } }));
    const found = await reader.findByIne("1234567890A", 10);
    assert.deepEqual(
      found.map(({ seq }) => seq),
      [3, 0],
    );
    const otherIndex = parseJournalKeys(
      `old ${Buffer.alloc(32, 1).toString("base64")}\nindex ${Buffer.alloc(32, 8).toString("base64")}`,
    );
    assert.deepEqual(await createJournalReader(opened.database, otherIndex).findByIne("1234567890A", 10), []);
  });

  test("after a rotation new lines take the new key and old ones still open", async () => {
    const location = await backend.createLocation();
    const before = await openJournal(location);
    await before.journal.append(line());
    await before.journal.close();
    await before.database.close();
    const rotated = parseJournalKeys(rotatedKeyText);
    await using after = await openJournal(location, rotated);
    await after.journal.append(line());
    const records = await after.reader.findByIne("1234567890A", 10);
    assert.deepEqual(new Set(records.map(({ keyId }) => keyId)), new Set(["old", "new"]));
    for (const record of records) assert.equal(after.reader.open(record)?.ine, "1234567890A");
    assert.deepEqual((await verifyJournal(after.reader, rotated)).broken, []);
    const blind = await verifyJournal(after.reader, keys);
    assert.match(blind.broken[0]?.reason ?? "", /key "new" is not in the ring/);
  });

  test("chains start at an origin of their own", () => {
    const one = newChain();
    const other = newChain();
    assert.notEqual(one, other);
    assert.notDeepEqual(genesis(one), genesis(other));
  });

  test("SIGKILL under load, five times: every call that was answered is in the journal", async () => {
    const location = await backend.createLocation();
    const opened = await openJournal(location);
    await opened.journal.close();
    const result = await killWhileAppending(location, 5);
    assert(result.answered >= 5 * answersBeforeKill, `only ${result.answered} answers`);
    assert.equal(result.untraced, 0);
    const verification = await verifyJournal(opened.reader, keys);
    assert.deepEqual(verification.broken, []);
    assert.equal(verification.chains, 5);
    await opened.database.close();
  });
}

function flipped(value: Buffer): Buffer {
  const copy = Buffer.from(value);
  copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 1;
  return copy;
}
