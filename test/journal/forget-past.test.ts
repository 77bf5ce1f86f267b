// What is kept for some time only: calls by the second, and what tells students apart. Their numbers stay.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import type { Contact } from "../../src/access/person.ts";
import { currentGeneration, fileInto } from "../../src/journal/file-rollups-storage.ts";
import { forgetPast } from "../../src/journal/forget-past-storage.ts";
import { writeTransaction } from "../../src/journal/sql-runner-storage.ts";
import { startOfParisDay } from "../../src/paris-time.ts";
import { createUsageStatistics } from "../../src/statistics/usage.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { line, type OpenJournal, openJournal, temporaryFolder } from "./fixture.ts";

/** More than thirteen months before the latest call. */
const old = startOfParisDay("2025-01-15");
const latest = startOfParisDay("2026-03-15");
const now = latest + 3_600_000;
const tokens = Array.from({ length: 20 }, (_, index) => `tok_${index}`);

async function append({ journal }: OpenJournal, tokenId: string, receivedAt: number, student: number) {
  const ine = `${String(student).padStart(10, "0")}A`;
  await journal.append(line({ tokenId, receivedAt: receivedAt + student, sealed: { ine } }));
}

/** Each token asks for two students of its own and for one that all ask for, on both days. */
async function open(location: { file: string } | { url: string }): Promise<OpenJournal> {
  const opened = await openJournal(location);
  for (const day of [old, latest]) {
    for (const [index, tokenId] of tokens.entries()) {
      for (const student of [0, 2 * index + 1, 2 * index + 2]) await append(opened, tokenId, day, student);
    }
  }
  await fileAll(opened);
  return opened;
}

async function fileAll({ database }: OpenJournal): Promise<void> {
  for (let filed = 1; filed > 0; ) {
    filed = await writeTransaction(database, async (sql) =>
      fileInto(sql, await currentGeneration(sql), 1000),
    );
  }
}

/** Returns the number of steps. */
async function forget({ database }: OpenJournal, at = now): Promise<number> {
  let steps = 0;
  for (let next: string | undefined = ""; next !== undefined; steps += 1) {
    const done: string = next;
    next = await writeTransaction(database, (sql) => forgetPast(sql, at, done));
  }
  return steps;
}

async function countRows({ database }: OpenJournal, table: string, condition: string): Promise<number> {
  const [row] = await database.knex(table).whereRaw(condition).count({ rows: "*" });
  return Number(row?.["rows"]);
}

const contact: Contact = {
  ...{ kind: "contact", id: "ctc_1", name: "Ana", email: "ana@example.fr", partnerId: "prt_1" },
  roles: new Set(["technical"]),
};

/** Students by day as a contact of a partner with these tokens reads them. */
async function studentsOf({ rollups }: OpenJournal, own: readonly string[]) {
  const clock = { now: () => now, monotonic: () => 0 };
  const usage = createUsageStatistics({ clock, source: rollups, tokenIdsOf: async () => own });
  const filter = {
    ...{ partnerId: "", tokenId: "", procedureId: "", rpc: "", protocol: "", surface: "", outcome: "" },
    ...{ httpStatus: 0, errorId: "" },
  };
  const read = async (day: number) => {
    const { points } = await usage.overTime(contact, { filter, grain: "day", start: day, end: day + 1 });
    return points.map(({ totals }) => totals.distinctStudents);
  };
  return [...(await read(old)), ...(await read(latest))];
}

const places = {
  SQLite: async () => ({ file: join(temporaryFolder(), "journal.db") }),
  PostgreSQL: async () => ({ url: await server.createDatabase() }),
};
let server: PostgresServer;

suite("the past", () => {
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  for (const [name, locate] of Object.entries(places)) {
    test(`of students is a number, which is told where it is true and nowhere else, on ${name}`, async () => {
      await using opened = await open(await locate());
      assert.deepEqual(await studentsOf(opened, ["tok_0"]), [3, 3]);
      assert.deepEqual(await studentsOf(opened, ["tok_0", "tok_19"]), [5, 5]);
      await forget(opened);
      assert.equal(
        await countRows(opened, "journal_sketches", "sketch is not null"),
        2 * (tokens.length + 1),
      );
      assert.deepEqual(await studentsOf(opened, ["tok_0"]), [3, 3]);
      // Nobody knows any more whom both asked for: no number, and not the number 0.
      assert.deepEqual(await studentsOf(opened, ["tok_0", "tok_19"]), [undefined, 5]);
      assert.deepEqual(await studentsOf(opened, ["tok_none"]), []);
    });

    test(`is not what the line of a clock that was ahead leaves behind, on ${name}`, async () => {
      await using opened = await open(await locate());
      await append(opened, "tok_0", startOfParisDay("2031-01-01"), 1);
      await fileAll(opened);
      await forget(opened);
      await append(opened, "tok_0", latest, 999);
      await fileAll(opened);
      assert.deepEqual(await studentsOf(opened, ["tok_0"]), [3, 4]);
      const second = Math.floor(latest / 1000);
      assert.equal(await countRows(opened, "journal_seconds", `second = ${second}`), 1);
    });

    test(`goes in steps that are short, on ${name}`, async () => {
      await using opened = await open(await locate());
      const generation = await writeTransaction(opened.database, currentGeneration);
      const rows = Array.from({ length: 4500 }, (_, second) => ({
        ...{ generation, second, offered: 1, limited: 0, saturated: 0 },
      }));
      await opened.database.knex.batchInsert("journal_seconds", rows, 150);
      const isOld = `second <= ${Math.floor(old / 1000) + 1}`;
      const before = await countRows(opened, "journal_seconds", isOld);
      await writeTransaction(opened.database, (sql) => forgetPast(sql, now, ""));
      assert.equal(before - (await countRows(opened, "journal_seconds", isOld)), 2000);
      assert.ok((await forget(opened)) > 2);
      assert.equal(await countRows(opened, "journal_seconds", isOld), 0);
    });
  }
});
