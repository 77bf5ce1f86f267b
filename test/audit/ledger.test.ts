// The ledger on both databases: whole or not at all, once for each request id, and a log that nobody edits.
import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { raiseVersion } from "../../src/access/access-storage.ts";
import { systemActor } from "../../src/audit/actor.ts";
import { auditHash, noEvents } from "../../src/audit/audit-event.ts";
import { readEventsAfter } from "../../src/audit/audit-storage.ts";
import { createLedger, type LedgerTransaction } from "../../src/audit/ledger.ts";
import { ServiceError } from "../../src/errors.ts";
import { SessionService, SignInRequestSchema } from "../../src/gen/statutetudiant/session/v1/session_pb.ts";
import type { Database } from "../../src/storage/database.ts";
import { settableClock } from "../access/sample-access.ts";
import { bothDatabases } from "../support/both-databases.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

// Any write method does: the ledger reads `request_id` and `validate_only` where a request has them.
const { signIn } = SessionService.method;
const actor = systemActor("test");

function request(requestId: string, code: string, validateOnly = false) {
  return Object.assign(create(SignInRequestSchema, { code }), { requestId, validateOnly });
}

for (const { name, open } of databases.kinds) {
  suite(`the ledger on ${name}`, () => {
    test("events stand in one chain, whoever writes at the same time", async () => {
      await using fresh = await open();
      const clock = settableClock();
      const ledgers = [1, 2].map(() => createLedger({ database: fresh.database, clock, raiseVersion }));
      const write = (index: number) =>
        ledgers[index % 2]?.change(actor, async ({ record }) => {
          record({ action: "test.one", subject: `s${index}`, reason: "essai", after: { index } });
          record({ action: "test.two", subject: `s${index}`, before: { index } });
        });
      await Promise.all(Array.from({ length: 20 }, (_, index) => write(index)));
      const events = await readEventsAfter(fresh.database.knex, 0, 100);
      assert.equal(events.length, 40);
      let previous: Buffer = noEvents;
      for (const [index, { hash, ...event }] of events.entries()) {
        assert.equal(event.seq, index + 1);
        assert.ok(hash.equals(auditHash(previous, event)), `event ${event.seq}`);
        previous = hash;
      }
    });

    test("nobody edits or removes an event", async () => {
      await using fresh = await open();
      const { database } = fresh;
      const ledger = createLedger({ database, clock: settableClock(), raiseVersion });
      await ledger.change(actor, async ({ record }) => record({ action: "test.one", subject: "s" }));
      await assert.rejects(async () => database.knex("audit_events").update({ reason: "autre" }), /appended/);
      await assert.rejects(async () => database.knex("audit_events").delete(), /appended/);
      assert.equal((await readEventsAfter(database.knex, 0, 10)).length, 1);
    });

    test("a change that fails leaves nothing, its event included", async () => {
      await using fresh = await open();
      const ledger = createLedger({ database: fresh.database, clock: settableClock(), raiseVersion });
      const before = await versionOf(fresh.database);
      const failing = ledger.change(actor, async (transaction) => {
        await addOperator(transaction, "a@example.fr");
        throw new Error("no");
      });
      await assert.rejects(failing, /no/);
      assert.deepEqual(await readEventsAfter(fresh.database.knex, 0, 10), []);
      assert.equal(await versionOf(fresh.database), before);
    });

    test("a repeated request gets the kept answer, and does nothing", async () => {
      await using fresh = await open();
      const ledger = createLedger({ database: fresh.database, clock: settableClock(), raiseVersion });
      let worked = 0;
      const work = async (transaction: LedgerTransaction) => {
        worked += 1;
        await addOperator(transaction, "a@example.fr");
        return { secret: "shown once", person: { name: "A" } };
      };
      const keep = <T extends { secret: string }>(answer: T) => ({ ...answer, secret: "" });
      const ask = () => ledger.write(signIn, request("r1", "x"), actor, work, keep);
      const [first, second] = [await ask(), await ask()];
      assert.deepEqual([first.secret, first.person?.name], ["shown once", "A"]);
      assert.deepEqual([second.secret, second.person?.name], ["", "A"]);
      assert.equal(worked, 1);
      assert.equal((await readEventsAfter(fresh.database.knex, 0, 10)).length, 1);
      const stored = JSON.stringify(await fresh.database.knex("request_replays").select("*"));
      assert.ok(!stored.includes(Buffer.from("shown once").toJSON().data.join(",")), "a secret is stored");
    });

    test("a request id belongs to its request and its actor", async () => {
      await using fresh = await open();
      const ledger = createLedger({ database: fresh.database, clock: settableClock(), raiseVersion });
      const work = async () => ({ secret: "s" });
      await ledger.write(signIn, request("r1", "x"), actor, work);
      await assert.rejects(ledger.write(signIn, request("r1", "y"), actor, work), hasId("request_id_reused"));
      await ledger.write(signIn, request("r1", "y"), systemActor("other"), work);
    });

    test("twenty times the same request at once is one", async () => {
      await using fresh = await open();
      const ledger = createLedger({ database: fresh.database, clock: settableClock(), raiseVersion });
      let worked = 0;
      const ask = () =>
        ledger.write(signIn, request("r1", "x"), actor, async ({ record }) => {
          worked += 1;
          record({ action: "test.one", subject: "s" });
          return { secret: String(worked) };
        });
      const answers = await Promise.all(Array.from({ length: 20 }, ask));
      assert.equal(worked, 1);
      assert.deepEqual(new Set(answers.map(({ secret }) => secret)), new Set(["1"]));
    });

    test("what is only tried answers as if it were done, and leaves nothing", async () => {
      await using fresh = await open();
      const ledger = createLedger({ database: fresh.database, clock: settableClock(), raiseVersion });
      const work = async (transaction: LedgerTransaction) => {
        await addOperator(transaction, "a@example.fr");
        return { secret: "would be" };
      };
      const tried = await ledger.write(signIn, request("r1", "x", true), actor, work);
      assert.equal(tried.secret, "would be");
      assert.deepEqual(await readEventsAfter(fresh.database.knex, 0, 10), []);
      assert.equal((await ledger.write(signIn, request("r1", "x"), actor, work)).secret, "would be");
    });

    test("answers are kept for seven days", async () => {
      await using fresh = await open();
      const clock = settableClock();
      const ledger = createLedger({ database: fresh.database, clock, raiseVersion });
      const work = async () => ({ secret: "s" });
      await ledger.write(signIn, request("r1", "x"), actor, work);
      clock.date += 7 * 86_400_000 + 1;
      await ledger.write(signIn, request("r2", "x"), actor, work);
      await ledger.write(signIn, request("r1", "y"), actor, work);
    });
  });
}

function hasId(id: string) {
  return (error: unknown) => error instanceof ServiceError && error.id === id;
}

async function addOperator({ knex, now, record }: LedgerTransaction, email: string): Promise<void> {
  const who = { id: "opr_1", name: "A", email, email_key: email, role: "reader", body: "ministry" };
  await knex("operators").insert({ ...who, created_at: now, revision: 1 });
  record({ action: "operator.create", subject: "opr_1" });
}

async function versionOf({ knex }: Database): Promise<number> {
  return (await knex("access_version").select("version").first()).version;
}
