import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import pg from "pg";
import type { LineFilter } from "../../src/journal/journal-storage.ts";
import { position } from "../../src/journal/line-encoding.ts";
import { verifyJournal } from "../../src/journal/verify-journal.ts";
import { createRequestId } from "../../src/request/request-id.ts";
import { eventually } from "../support/eventually.ts";
import type { OwnPostgres } from "../support/own-postgres.ts";
import { type PostgresServer, startPostgresAlone } from "../support/postgres.ts";
import { keys, line, openJournal, outcomes, patientClock } from "./fixture.ts";
import { testJournal } from "./journal-behaviour.ts";

let server: PostgresServer & OwnPostgres;
before(async () => {
  server = await startPostgresAlone();
});
after(() => server.stop());

testJournal({
  createLocation: async () => ({ url: await server.createDatabase() }),
  async block(location) {
    assert("url" in location);
    const client = new pg.Client({ connectionString: location.url });
    await client.connect();
    await client.query("begin; lock table journal in share mode");
    return () => client.end();
  },
  poison: [
    "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$",
    "create trigger poison before insert on journal for each row when (new.request_id like 'poison%') execute function refuse()",
  ],
});

test("the rows hold no INE, name or token in clear", async () => {
  await using opened = await openJournal({ url: await server.createDatabase() });
  const secrets = ["9876543210Z", "MIROITON-LECLAIR", "stet_SecretOfSomebody"];
  const [ine, name, token] = secrets;
  await opened.journal.append(
    line({
      sealed: { ine, target: `/v1/students/${ine}?token=${token}`, parameters: JSON.stringify({ name }) },
    }),
  );
  const [row] = await opened.database.knex("journal");
  const bytes = Buffer.concat(
    Object.values(row).map((value) => (Buffer.isBuffer(value) ? value : Buffer.from(String(value)))),
  );
  assert(bytes.includes("agent/1.0"), "the scan must see the line");
  for (const secret of secrets) assert(!bytes.includes(secret), secret);
});

function processesOf(postmaster: number): number[] {
  const children = execFileSync("ps", ["--ppid", String(postmaster), "-o", "pid="], { encoding: "utf8" });
  return [postmaster, ...children.trim().split(/\s+/).map(Number)];
}

test("a frozen server: refused in time, back by itself, nothing lost or written twice", async () => {
  const clock = patientClock();
  await using opened = await openJournal({ url: await server.createDatabase() }, keys, clock);
  const { journal, reader, database } = opened;
  await journal.append(line());
  const frozen = processesOf(server.pid() ?? 0);
  for (const pid of frozen) process.kill(pid, "SIGSTOP");
  clock.runs = true;
  try {
    const result = await outcomes(Array.from({ length: 20 }, () => journal.append(line())));
    assert.deepEqual(result, { ok: 0, refused: 20, late: 0 });
    assert.equal(journal.healthy, false);
    // Longer than the writer waits for an answer, so that it gives its connection up.
    await new Promise((resolve) => setTimeout(resolve, 2500));
  } finally {
    for (const pid of frozen) process.kill(pid, "SIGCONT");
    clock.runs = false;
  }
  await eventually(() => journal.healthy);
  await journal.append(line());
  const ids = await database.knex("journal").pluck("request_id");
  assert.equal(ids.length, 22);
  assert.equal(new Set(ids).size, 22);
  assert.deepEqual((await verifyJournal(reader, keys)).broken, []);
});

test("a server that is killed and started again: refused in time, back by itself, the chain whole", async () => {
  const clock = patientClock();
  await using opened = await openJournal({ url: await server.createDatabase() }, keys, clock);
  const { journal, reader, database } = opened;
  let running = true;
  let answered = 0;
  const load = Array.from({ length: 16 }, async () => {
    while (running) {
      await journal.append(line()).then(
        () => {
          answered += 1;
        },
        () => new Promise((resolve) => setTimeout(resolve, 50)),
      );
    }
  });
  await eventually(() => answered > 100);
  await server.kill();
  clock.runs = true;
  await eventually(() => !journal.healthy);
  assert.deepEqual(await outcomes([journal.append(line())]), { ok: 0, refused: 1, late: 0 });
  clock.runs = false;
  await server.revive();
  const before = answered;
  await eventually(() => journal.healthy && answered > before);
  running = false;
  await Promise.all(load);
  const verification = await verifyJournal(reader, keys);
  assert.deepEqual(verification.broken, []);
  assert.equal(verification.chains, 1);
  assert(verification.lines >= answered);
  const ids = await database.knex("journal").countDistinct({ ids: "request_id" });
  assert.equal(Number(ids[0]?.["ids"]), verification.lines);
});

test("a number beyond its column is refused alone; large and negative ones come back as they were", async () => {
  await using opened = await openJournal({ url: await server.createDatabase() });
  const { journal, reader } = opened;
  const kept = [2 ** 60, 2 ** 53, 2 ** 32, 2 ** 31, 0, -1, -(2 ** 33) - 5].map((durationUs) =>
    line({ durationUs }),
  );
  const tooLarge = [line({ durationUs: 1e300 }), line({ httpStatus: 2 ** 31 })];
  const appended = [...kept, ...tooLarge].map((call) => journal.append(call));
  const results = await Promise.allSettled(appended);
  assert.deepEqual(
    results.map(({ status }) => status === "fulfilled"),
    [...kept.map(() => true), ...tooLarge.map(() => false)],
  );
  for (const { requestId, durationUs } of kept) {
    const [record] = await reader.findByRequestId(requestId);
    assert.equal(record?.values[position.durationUs], durationUs);
  }
  assert.equal(journal.healthy, true);
  assert.deepEqual((await verifyJournal(reader, keys)).broken, []);
});

test("calls are found by identifiers that tell their millisecond, and by others", async () => {
  await using opened = await openJournal({ url: await server.createDatabase() });
  const { journal, reader } = opened;
  const receivedAt = Date.UTC(2026, 9, 31, 23, 59, 59, 999);
  const ids = [createRequestId(receivedAt), createRequestId(receivedAt), randomUUID(), "request-7"];
  for (const requestId of ids) await journal.append(line({ requestId, receivedAt }));
  const found = async (filter: LineFilter) =>
    (await reader.latest(filter, 10)).map(({ values }) => values[position.requestId]);
  for (const requestId of ids) {
    assert.deepEqual(await found({ requestId }), [requestId]);
    assert.deepEqual(await found({ requestId, from: 0, until: receivedAt + 1 }), [requestId]);
    assert.deepEqual(await found({ requestId, until: receivedAt }), []);
    assert.deepEqual(await found({ requestId, from: receivedAt + 1 }), []);
  }
  for (const requestId of [createRequestId(receivedAt), randomUUID(), "ffffffff-ffff-7", "nothing-here-7"]) {
    assert.deepEqual(await found({ requestId }), []);
  }
});

test("searches by call, student or time use their indexes", async () => {
  await using opened = await openJournal({ url: await server.createDatabase() });
  const indexes = (condition: string) =>
    opened.database.knex.transaction(async (transaction) => {
      // Of a small table, PostgreSQL reads all rather than an index.
      await transaction.raw("set local enable_seqscan = off");
      const { rows } = await transaction.raw(
        `explain (format json) select 1 from journal where ${condition}`,
      );
      const names = JSON.stringify(rows).match(/journal_(?:default|\d+)_\w+_idx/g) ?? [];
      return new Set(names.map((name) => name.replace(/^journal_[^_]+_/, "")));
    });
  const withoutTime = "request_id = 'a' and request_id not like '________-____-7%'";
  assert.deepEqual(await indexes(withoutTime), new Set(["request_id_idx"]));
  assert.deepEqual(await indexes("request_id = 'a' and received_at = 1"), new Set(["received_at_idx"]));
  assert.deepEqual(await indexes("ine_index = '\\x00'"), new Set(["ine_index_idx"]));
});
