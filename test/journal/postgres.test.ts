import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import pg from "pg";
import { systemClock } from "../../src/clock.ts";
import { verifyJournal } from "../../src/journal/verify-journal.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { eventually, keys, line, openJournal, outcomes } from "./fixture.ts";
import { testJournal } from "./journal-behaviour.ts";

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
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

test("a frozen server: refused in time, back within 5 s, nothing lost or written twice", async () => {
  await using opened = await openJournal({ url: await server.createDatabase() }, keys, systemClock);
  const { journal, reader, database } = opened;
  await journal.append(line());
  const frozen = processesOf(server.pid() ?? 0);
  for (const pid of frozen) process.kill(pid, "SIGSTOP");
  try {
    const result = await outcomes(Array.from({ length: 20 }, () => journal.append(line())));
    assert.equal(result.refused, 20);
    assert(result.slowestMs < 300, `the slowest refusal took ${result.slowestMs} ms`);
    assert.equal(journal.healthy, false);
    // Longer than the writer waits for an answer, so that it gives its connection up.
    await new Promise((resolve) => setTimeout(resolve, 2500));
  } finally {
    for (const pid of frozen) process.kill(pid, "SIGCONT");
  }
  await eventually(() => journal.healthy, 5000);
  await journal.append(line());
  const ids = await database.knex("journal").pluck("request_id");
  assert.equal(ids.length, 22);
  assert.equal(new Set(ids).size, 22);
  assert.deepEqual((await verifyJournal(reader, keys)).broken, []);
});

test("a server that is killed and started again: refused in time, back within 5 s, the chain whole", async () => {
  await using opened = await openJournal({ url: await server.createDatabase() }, keys, systemClock);
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
  await eventually(() => answered > 100, 5000);
  await server.kill();
  await eventually(() => !journal.healthy, 1000);
  const { refused, slowestMs } = await outcomes([journal.append(line())]);
  assert.equal(refused, 1);
  assert(slowestMs < 300, `the refusal took ${slowestMs} ms`);
  await server.revive();
  const before = answered;
  await eventually(() => journal.healthy && answered > before, 5000);
  running = false;
  await Promise.all(load);
  const verification = await verifyJournal(reader, keys);
  assert.deepEqual(verification.broken, []);
  assert.equal(verification.chains, 1);
  assert(verification.lines >= answered);
  const ids = await database.knex("journal").countDistinct({ ids: "request_id" });
  assert.equal(Number(ids[0]?.["ids"]), verification.lines);
});
