// Article 4 of the terms on both databases: traces go after two years without a call, the chain still verifies.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, suite, test } from "node:test";
import { raiseVersion } from "../../src/access/access-storage.ts";
import { systemActor } from "../../src/audit/actor.ts";
import { readEventsAfter } from "../../src/audit/audit-storage.ts";
import { createLedger } from "../../src/audit/ledger.ts";
import { createLineEraser } from "../../src/journal/erase-lines-storage.ts";
import { verifyJournal } from "../../src/journal/verify-journal.ts";
import { createRetention, twoYearsBefore } from "../../src/retention/retention.ts";
import { settableClock } from "../access/sample-access.ts";
import { keys, line, type OpenJournal, openJournal } from "../journal/fixture.ts";
import { bothDatabases, type FreshDatabase } from "../support/both-databases.ts";
import { countTurns } from "../support/count-turns.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

const dayMs = 86_400_000;
const now = Date.parse("2026-11-25T12:00:00Z");
const job = systemActor("retention");

for (const { name, open } of databases.kinds) {
  suite(`retention on ${name}`, () => {
    test("nothing goes after 729 days without a call, everything after 731, once", async () => {
      await using fresh = await open();
      await using journal = await openBeside(fresh);
      const { retention, clock } = retentionOf(fresh, journal);
      await append(journal, "tok_a", [0, 100, 400], 5);
      await append(journal, undefined, [0], 5);
      clock.date = now + (400 + 729) * dayMs;
      assert.deepEqual(await retention.listInactive(), []);
      assert.deepEqual(await retention.run(job), { users: 0, lines: 5 });
      clock.date = now + (400 + 731) * dayMs;
      assert.deepEqual(
        (await retention.listInactive()).map(({ id, holders }) => [id, holders]),
        [["prt_1", ["tok_a", "ctc_a"]]],
      );
      assert.deepEqual(await retention.run(job), { users: 1, lines: 15 });
      assert.deepEqual(await retention.run(job), { users: 0, lines: 0 });
      const verification = await verifyJournal(journal.reader, keys);
      assert.deepEqual([verification.lines, verification.erased, verification.broken], [20, 20, []]);
    });

    test("a partner that uses one of its tokens, or signs in, keeps the traces of all", async () => {
      await using fresh = await open();
      await using journal = await openBeside(fresh);
      const { retention, clock } = retentionOf(fresh, journal);
      await append(journal, "tok_a", [0], 3);
      await append(journal, "ctc_a", [700], 3);
      await append(journal, "tok_b", [0], 3);
      clock.date = now + 800 * dayMs;
      assert.deepEqual(await retention.run(job), { users: 1, lines: 3 });
      assert.equal((await journal.reader.latest({ tokenId: "tok_a" }, 10)).length, 3);
      assert.equal((await journal.reader.latest({ tokenId: "tok_b" }, 10)).length, 0);
    });

    test("calls are answered between the batches of an erasure", async () => {
      await using fresh = await open();
      await using journal = await openBeside(fresh);
      const { retention, clock } = retentionOf(fresh, journal);
      await append(journal, "tok_a", [0], 1100);
      clock.date = now + 731 * dayMs;
      const turns = await countTurns(async () => {
        assert.deepEqual(await retention.run(job), { users: 1, lines: 1100 });
      });
      assert.ok(turns >= 6, `${turns} turns of the event loop in six batches`);
    });

    test("what is erased is found by nobody, and the log says that it was erased", async () => {
      await using fresh = await open();
      await using journal = await openBeside(fresh);
      const { retention, clock } = retentionOf(fresh, journal);
      await append(journal, "tok_a", [0], 250);
      const [one] = await journal.reader.latest({ tokenId: "tok_a" }, 1);
      clock.date = now + 731 * dayMs;
      assert.deepEqual(await retention.run(job), { users: 1, lines: 250 });
      assert.deepEqual(await journal.reader.findByIne(ine, 10), []);
      assert.deepEqual(await journal.reader.latest({}, 10), []);
      const [left] = await journal.reader.linesAfter(undefined, 1);
      assert.ok(left?.hash.byteLength === 32 && left.salt === null && left.sealed === null);
      assert.deepEqual(new Set(left.values), new Set([null]));
      assert.ok(one !== undefined);
      const events = await readEventsAfter(fresh.database.knex, 0, 10);
      assert.deepEqual(
        events.map(({ action, subject, partnerId }) => [action, subject, partnerId]),
        [["retention.erase", "prt_1", "prt_1"]],
      );
      assert.match(events[0]?.after ?? "", /"lines":250/);
    });

    test("a run that is stopped goes on later, and counts each line once", async () => {
      await using fresh = await open();
      await using journal = await openBeside(fresh);
      const stop = new AbortController();
      const { retention, clock } = retentionOf(fresh, journal, () => stop.abort());
      await append(journal, "tok_a", [0], 450);
      clock.date = now + 731 * dayMs;
      const first = await retention.run(job, stop.signal);
      assert.equal(first.lines, 200);
      const second = await retention.run(job);
      assert.equal(second.lines, 250);
      const events = await readEventsAfter(fresh.database.knex, 0, 10);
      assert.deepEqual(
        events.map((event) => (JSON.parse(event.after ?? "{}") as { lines: number }).lines),
        [200, 250],
      );
      assert.deepEqual((await verifyJournal(journal.reader, keys)).broken, []);
    });
  });
}

test("the bytes leave SQLite's files, filed in a segment or not", async () => {
  await using fresh = await databases.kinds[0].open();
  await using journal = await openBeside(fresh);
  const { retention, clock } = retentionOf(fresh, journal);
  const [first] = await append(journal, "tok_a", [0], 8192 + 300);
  await append(journal, undefined, [0], 8192);
  const [, kept] = await append(journal, "tok_b", [100], 5);
  const words = [first?.requestId, address].map(String);
  assert.ok((await bytesOf(fresh)).includes(words[0] as string), "the scan would find it");
  clock.date = now + 731 * dayMs;
  assert.deepEqual(await retention.run(job), { users: 1, lines: 8492 + 8192 });
  const bytes = await bytesOf(fresh);
  for (const word of words) assert.ok(!bytes.includes(word), word);
  assert.ok(bytes.includes(String(kept?.requestId)), "what is kept is still there");
  const verification = await verifyJournal(journal.reader, keys);
  assert.deepEqual([verification.erased, verification.broken], [8492 + 8192, []]);
});

test("two years before", () => {
  const at = (text: string) => new Date(twoYearsBefore(Date.parse(text))).toISOString();
  assert.equal(at("2026-11-25T12:00:00Z"), "2024-11-25T12:00:00.000Z");
  assert.equal(at("2028-02-29T00:00:00Z"), "2026-03-01T00:00:00.000Z");
});

const ine = "1234567890A";
const address = "198.51.100.77";

/** The journal of the same service: on SQLite a file beside the main database. */
function openBeside({ location }: FreshDatabase): Promise<OpenJournal> {
  return openJournal("file" in location ? { file: join(dirname(location.file), "journal.db") } : location);
}

function retentionOf({ database }: FreshDatabase, journal: OpenJournal, onErased = () => {}) {
  const clock = { ...settableClock(), date: now };
  const eraser = createLineEraser(journal.database);
  const users = [
    { id: "prt_1", holders: ["tok_a", "ctc_a"] },
    { id: "prt_2", holders: ["tok_b"] },
    { id: "opr_1", holders: ["opr_1"] },
  ];
  const retention = createRetention({
    clock,
    ledger: createLedger({ database, clock, raiseVersion }),
    listUsers: async () => users,
    traces: {
      ...eraser,
      async erase(holder, before, next) {
        const erased = await eraser.erase(holder, before, next);
        onErased();
        return erased;
      },
    },
  });
  return { clock, retention };
}

/** Lines of some days after now. */
async function append(journal: OpenJournal, tokenId: string | undefined, days: number[], each: number) {
  const lines = days.flatMap((day) =>
    Array.from({ length: each }, (_, index) => {
      const clientAddress = tokenId === "tok_a" ? address : "192.0.2.7";
      return line({ tokenId, clientAddress, receivedAt: now + day * dayMs - index });
    }),
  );
  for (let from = 0; from < lines.length; from += 64) {
    await Promise.all(lines.slice(from, from + 64).map((one) => journal.journal.append(one)));
  }
  return lines;
}

/** All that the journal's files hold. */
async function bytesOf({ location }: FreshDatabase): Promise<Buffer> {
  if (!("file" in location)) throw new Error("files are SQLite's");
  const folder = dirname(location.file);
  const names = (await readdir(folder)).filter((name) => name.startsWith("journal.db"));
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))));
}
