// The lines of a SQLite journal are filed in segments of 8192; searches, counts and the verification read what is filed
// and what is not as one journal.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createLineEraser } from "../../src/journal/erase-lines-storage.ts";
import type { JournalLine } from "../../src/journal/journal.ts";
import type { JournalRecord, LineFilter } from "../../src/journal/journal-storage.ts";
import { position } from "../../src/journal/line-encoding.ts";
import { verifyJournal } from "../../src/journal/verify-journal.ts";
import { createRequestId } from "../../src/request/request-id.ts";
import { countTurns } from "../support/count-turns.ts";
import { eventually } from "../support/eventually.ts";
import { keys, line, type OpenJournal, openJournal, temporaryFolder, usageByDay } from "./fixture.ts";

const location = { file: join(temporaryFolder(), "journal.db") };
const lines = 2 * 8192 + 500;
const start = Date.UTC(2026, 2, 28, 20);
const written: JournalLine[] = [];
let opened: OpenJournal;

const tokens = ["tok_a", "tok_b", undefined, "tok_c"];

/** Lines of three days, as they are received: a little out of order. */
function lineAt(index: number): JournalLine {
  const receivedAt = start + index * 10_000 - (index % 7) * 1500;
  return line({
    requestId: createRequestId(receivedAt),
    receivedAt,
    tokenId: index % 5000 === 0 ? "tok_rare" : tokens[index % tokens.length],
    outcome: index % 3 === 0 ? "not_found" : "answered",
    sealed: { ine: index % 10 === 9 ? undefined : `${String(index % 1777).padStart(10, "0")}A` },
  });
}

before(async () => {
  opened = await openJournal(location);
  for (let from = 0; from < lines; from += 500) {
    const group = Array.from({ length: Math.min(500, lines - from) }, (_, index) => lineAt(from + index));
    await Promise.all(group.map((next) => opened.journal.append(next)));
    written.push(...group);
  }
  await eventually(async () => (await segments()) === 2);
});
after(() => opened[Symbol.asyncDispose]());

async function segments(): Promise<number> {
  const [row] = await opened.database.knex("journal_segments").count({ segments: "*" });
  return Number(row?.["segments"]);
}

/** Request ids, newest first, by pages. */
async function searched(filter: LineFilter, pageLines = 100_000): Promise<unknown[]> {
  const found: JournalRecord[] = [];
  for (;;) {
    const page: JournalRecord[] = await opened.reader.latest(filter, pageLines, found.at(-1)?.cursor);
    found.push(...page);
    if (page.length < pageLines) return found.map(({ values }) => values[position.requestId]);
  }
}

const expected = (holds: (line: JournalLine) => boolean) =>
  written
    .filter(holds)
    .map(({ requestId }) => requestId)
    .reverse();

test("a student's lines are found in every segment and in the tail", async () => {
  for (const ine of ["0000000000A", "0000000123A", "0000001776A"]) {
    const lines = expected((each) => each.sealed.ine === ine);
    assert(lines.length > 5);
    assert.deepEqual(await searched({ ine }), lines);
    assert.deepEqual(await searched({ ine }, 2), lines);
  }
  assert.deepEqual(await searched({ ine: "0000000999Z" }), []);
});

test("a token's lines are found, with every other criterion", async () => {
  for (const tokenId of ["tok_a", "tok_rare"]) {
    assert.deepEqual(
      await searched({ tokenId }, 700),
      expected((each) => each.tokenId === tokenId),
    );
  }
  assert.deepEqual(
    await searched({ tokenId: "tok_b", outcome: "not_found", ine: "0000000123A" }),
    expected(
      (each) => each.tokenId === "tok_b" && each.outcome === "not_found" && each.sealed.ine === "0000000123A",
    ),
  );
});

test("the lines of several tokens are found together, in every segment and in the tail", async () => {
  for (const tokenIds of [["tok_rare"], ["tok_a", "tok_rare"], ["tok_b", "tok_c", "tok_none"]]) {
    const isAsked = ({ tokenId }: JournalLine) => tokenIds.includes(tokenId ?? "");
    assert.deepEqual(await searched({ tokenIds }, 1100), expected(isAsked));
    const [from, until] = [start + 8000 * 10_000, start + 16_390 * 10_000];
    assert.deepEqual(
      await searched({ tokenIds, from, until }, 300),
      expected((each) => isAsked(each) && each.receivedAt >= from && each.receivedAt < until),
    );
  }
});

test("lines between two instants are found, whatever the segments that hold them", async () => {
  const ends = [0, 1, 8190, 8192, 8200, 16_000, 16_384, 16_500, lines].map((index) => start + index * 10_000);
  for (const from of ends) {
    for (const until of ends) {
      const isWithin = ({ receivedAt }: JournalLine) => receivedAt >= from && receivedAt < until;
      assert.deepEqual(await searched({ from, until }), expected(isWithin));
      assert.deepEqual(
        await searched({ from, until, tokenId: "tok_rare" }),
        expected((each) => isWithin(each) && each.tokenId === "tok_rare"),
      );
    }
  }
  assert.deepEqual(
    await searched({}, 3000),
    expected(() => true),
  );
});

test("a call is found by its identifier, and nowhere else than at the time that it tells", async () => {
  for (const index of [0, 8191, 8192, 16_383, 16_384, lines - 1]) {
    const { requestId } = written[index] as JournalLine;
    assert.deepEqual(await searched({ requestId }), [requestId]);
  }
  // The terminal's own lines have identifiers without a time.
  const timeless = { ...lineAt(3), requestId: randomUUID() };
  await opened.journal.append(timeless);
  written.push(timeless);
  assert.deepEqual(await searched({ requestId: timeless.requestId }), [timeless.requestId]);
});

test("looking for an identifier that nobody has looks at no line of another time, or lets others pass between segments", async () => {
  for (const requestId of [createRequestId(start - 1), createRequestId(start + 1)]) {
    const scanned: string[] = [];
    const note = ({ sql }: { sql: string }) => {
      if (sql.includes("`l`.`id` >=")) scanned.push(sql);
    };
    opened.database.knex.on("query", note);
    assert.deepEqual(await searched({ requestId }), []);
    opened.database.knex.off("query", note);
    assert.ok(scanned.length <= 2, `${scanned.length} scans`);
  }
  const turns = await countTurns(async () => {
    assert.deepEqual(await searched({ requestId: randomUUID() }), []);
  });
  assert.ok(turns >= 2, `${turns} turns of the event loop`);
});

test("the last use of a holder is found, whichever segment it stands in", async () => {
  const { lastUse } = createLineEraser(opened.database);
  const { knex } = opened.database;
  for (const holder of ["tok_a", "tok_b", "tok_c", "tok_rare"]) {
    const own = written.filter(({ tokenId }) => tokenId === holder).map(({ receivedAt }) => receivedAt);
    assert.equal(await lastUse(holder), Math.max(...own));
  }
  assert.equal(await lastUse("tok_nobody"), undefined);
  // A clock that was ahead: an older segment holds the latest instant.
  const ahead = start + lines * 20_000;
  const oldest = await knex("journal").where("token_id", "tok_b").orderBy("id").first("id", "received_at");
  const segment = await knex("journal_segments").where("number", 0).first("last_received_at");
  const setInstants = async (received_at: number, last_received_at: number) => {
    await knex("journal").where("id", oldest.id).update({ received_at });
    await knex("journal_segments").where("number", 0).update({ last_received_at });
  };
  await setInstants(ahead, ahead);
  assert.equal(await lastUse("tok_b"), ahead);
  await setInstants(oldest.received_at, segment.last_received_at);
});

function byName([a = ""]: readonly (string | number)[], [b = ""]: readonly (string | number)[]): number {
  return a < b ? -1 : 1;
}

test("usage counts what is filed and what is not, each call once and on its day", async () => {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Paris" });
  for (const tokenId of ["tok_a", "tok_rare"]) {
    const usage = await usageByDay(opened, tokenId, "2026-03-29", "2026-03-30");
    const calls = Object.groupBy(
      written.filter((each) => each.tokenId === tokenId),
      ({ receivedAt, outcome }) => `${format.format(receivedAt)} ${outcome}`,
    );
    const counted = Object.entries(calls).map(([key, group]) => [key, group?.length ?? 0] as const);
    assert.deepEqual(
      usage.map(({ day, outcome, calls: count }) => [`${day} ${outcome}`, count]).sort(byName),
      counted.filter(([key]) => key >= "2026-03-29" && key < "2026-03-31").sort(byName),
    );
    assert(usage.length > 0);
  }
});

test("erasing a line takes its entries away", async () => {
  const { knex } = opened.database;
  const [row] = await knex("journal").where({ id: 5002 });
  assert.notEqual(row.ine_index, null);
  assert.notEqual(row.token_id, null);
  const kept = new Set(["id", "chain", "seq", "commitment", "hash"]);
  const names = Object.keys(row).filter((name) => !kept.has(name));
  await knex("journal")
    .where({ id: 5002 })
    .update(Object.fromEntries(names.map((name) => [name, null])));
  assert.deepEqual(await knex("journal_students").where({ id: 5002 }), []);
  assert.deepEqual(await knex("journal_tokens").where({ id: 5002 }), []);
  const { broken, erased } = await verifyJournal(opened.reader, keys);
  assert.deepEqual({ broken, erased }, { broken: [], erased: 1 });
  await knex("journal").where({ id: 5002 }).update(row);
  await knex("journal_students").insert({ segment: 0, id: 5002, ine_index: row.ine_index });
  await knex("journal_tokens").insert({ segment: 0, id: 5002, token_id: row.token_id });
});

test("verification names the first line that somebody hid from the searches", async () => {
  const { knex } = opened.database;
  assert.deepEqual((await verifyJournal(opened.reader, keys)).broken, []);
  for (const table of ["journal_students", "journal_tokens"]) {
    const [entry] = await knex(table).where({ id: 9001 });
    await knex(table).where({ id: 9001 }).delete();
    const { broken } = await verifyJournal(opened.reader, keys);
    assert.deepEqual(
      broken.map(({ seq, reason }) => [seq, reason]),
      [[9000, "searches miss the line"]],
    );
    await knex(table).insert(entry);
  }
});

test("verification finds what was changed in the kinds of calls and in the list of chains", async () => {
  const { knex } = opened.database;
  const [kind] = await knex("journal_kinds");
  for (const [name, value] of Object.entries(kind)) {
    const change = { [name]: typeof value === "string" ? `${value}x` : Number(value) + 90 };
    await knex("journal_kinds").where({ number: kind.number }).update(change);
    const { broken } = await verifyJournal(opened.reader, keys);
    assert.equal(broken.length, 1, name);
    await knex("journal_kinds")
      .where({ number: change["number"] ?? kind.number })
      .update(kind);
  }
  const [chain] = await knex("journal_chains");
  await knex("journal_chains").update({ chain: "0".repeat(32) });
  assert.equal((await verifyJournal(opened.reader, keys)).broken.length, 1);
  await knex("journal_chains").delete();
  assert.equal((await verifyJournal(opened.reader, keys)).broken.length, 1);
  await knex("journal_chains").insert(chain);
  assert.deepEqual((await verifyJournal(opened.reader, keys)).broken, []);
});

test("a segment that was full when its writer died is filed by the next one", async () => {
  const { knex } = opened.database;
  await opened.journal.close();
  const ine = "0000000123A";
  const whole = await searched({ ine });
  await knex("journal_segments").where({ number: 1 }).delete();
  await knex("journal_students").where({ segment: 1 }).delete();
  await knex("journal_tokens").where({ segment: 1 }).delete();
  assert.deepEqual(await searched({ ine }), whole);
  const next = await openJournal(location);
  await eventually(async () => (await segments()) === 2);
  await next[Symbol.asyncDispose]();
  assert.deepEqual(await searched({ ine }), whole);
  assert.deepEqual((await verifyJournal(opened.reader, keys)).broken, []);
});
