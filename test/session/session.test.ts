// Sessions of people, on both databases: a code works once, a session ends in time, and rights end with the account.
import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { raiseVersion } from "../../src/access/access-storage.ts";
import { findPerson } from "../../src/assembly/find-person.ts";
import { systemActor } from "../../src/audit/actor.ts";
import { readEventsAfter } from "../../src/audit/audit-storage.ts";
import { createLedger } from "../../src/audit/ledger.ts";
import { ServiceError } from "../../src/errors.ts";
import { createOperator } from "../../src/operator/create-operator.ts";
import { createSessions } from "../../src/session/session.ts";
import { createSessionRetention } from "../../src/session/session-retention-job.ts";
import { settableClock } from "../access/sample-access.ts";
import { bothDatabases, type FreshDatabase } from "../support/both-databases.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

const minuteMs = 60_000;

for (const { name, open } of databases.kinds) {
  suite(`sessions on ${name}`, () => {
    test("a code opens one session, however often it is used at once", async () => {
      await using fresh = await open();
      const { sessions, code } = await withOperator(fresh);
      const tries = await Promise.allSettled(Array.from({ length: 10 }, () => sessions.signIn(code)));
      const opened = tries.filter((one) => one.status === "fulfilled").map(({ value }) => value);
      assert.equal(opened.length, 1);
      for (const one of tries) {
        if (one.status === "rejected") assert.ok(hasId("sign_in_code_invalid")(one.reason));
      }
      const { person } = await sessions.authenticate(opened[0]?.secret);
      assert.equal(person.email, "camille@example.fr");
    });

    test("a code is good for 15 minutes", async () => {
      await using fresh = await open();
      const { sessions, code, clock } = await withOperator(fresh);
      clock.date += 15 * minuteMs;
      await assert.rejects(sessions.signIn(code), hasId("sign_in_code_invalid"));
    });

    test("an idle session ends after an hour, a busy one after twelve", async () => {
      await using fresh = await open();
      const { sessions, code, clock } = await withOperator(fresh);
      const { secret } = await sessions.signIn(code);
      for (let minutes = 0; minutes < 12 * 60 - 59; minutes += 59) {
        clock.date += 59 * minuteMs;
        await sessions.authenticate(secret);
      }
      clock.date += 60 * minuteMs;
      await assert.rejects(sessions.authenticate(secret), hasId("session_unknown"));
    });

    test("an hour without a call ends it", async () => {
      await using fresh = await open();
      const { sessions, code, clock } = await withOperator(fresh);
      const { secret } = await sessions.signIn(code);
      clock.date += 60 * minuteMs;
      await assert.rejects(sessions.authenticate(secret), hasId("session_unknown"));
    });

    test("nothing tells of a session and its code thirty days after their end, and of a running one all", async () => {
      await using fresh = await open();
      const { sessions, code, clock, issue } = await withOperator(fresh);
      await sessions.signOut(await sessions.signIn(code), false);
      const { knex } = fresh.database;
      const retention = createSessionRetention(clock, []);
      const run = () =>
        retention.run({
          ...{ dueAt: clock.now(), signal: new AbortController().signal },
          unit: (_, work) => knex.transaction(work).then(() => true),
        });
      const rows = async () => [(await knex("sessions")).length, (await knex("sign_in_codes")).length];
      clock.date += 30 * 24 * 60 * minuteMs;
      const { secret } = await sessions.signIn(await issue());
      await run();
      assert.deepEqual(await rows(), [2, 2]);
      // A code holds for a quarter of an hour; a session could have lasted twelve.
      clock.date += 30 * minuteMs;
      await run();
      await sessions.authenticate(secret);
      assert.deepEqual(await rows(), [2, 1]);
      clock.date += 11.5 * 60 * minuteMs + 1;
      await run();
      assert.deepEqual(await rows(), [1, 1]);
    });

    test("signing out ends this session, or all of them", async () => {
      await using fresh = await open();
      const { sessions, code, issue } = await withOperator(fresh);
      const [one, two, three] = await Promise.all(
        [code, await issue(), await issue()].map((each) => sessions.signIn(each)),
      );
      assert.ok(one && two && three);
      await sessions.signOut(one, false);
      await assert.rejects(sessions.authenticate(one.secret), hasId("session_unknown"));
      await sessions.authenticate(two.secret);
      await sessions.signOut(two, true);
      await assert.rejects(sessions.authenticate(three.secret), hasId("session_unknown"));
    });

    test("a disabled operator has neither sessions nor codes", async () => {
      await using fresh = await open();
      const { sessions, code, issue } = await withOperator(fresh);
      const { secret } = await sessions.signIn(code);
      const unused = await issue();
      await fresh.database.knex("operators").update({ disabled_at: 1 });
      await assert.rejects(sessions.authenticate(secret), hasId("session_unknown"));
      await assert.rejects(sessions.signIn(unused), hasId("sign_in_code_invalid"));
    });

    test("no secret is stored, and what was done is", async () => {
      await using fresh = await open();
      const { sessions, code } = await withOperator(fresh);
      const { secret } = await sessions.signIn(code);
      for (const table of ["sessions", "sign_in_codes", "audit_events", "request_replays"]) {
        const stored = JSON.stringify(await fresh.database.knex(table).select("*"));
        for (const word of [code, secret]) assert.ok(!stored.includes(word.slice(6, 20)), table);
      }
      const events = await readEventsAfter(fresh.database.knex, 0, 10);
      assert.deepEqual(
        events.map(({ action }) => action),
        ["operator.create", "session.issue_code", "session.sign_in"],
      );
    });

    test("a secret of another kind is none", async () => {
      await using fresh = await open();
      const { sessions, code } = await withOperator(fresh);
      await assert.rejects(sessions.authenticate(code), hasId("session_unknown"));
      await assert.rejects(sessions.authenticate(""), hasId("session_missing"));
      const { secret } = await sessions.signIn(code);
      await assert.rejects(sessions.signIn(secret), hasId("sign_in_code_invalid"));
    });
  });
}

async function withOperator({ database }: FreshDatabase) {
  const clock = settableClock();
  const ledger = createLedger({ database, clock, raiseVersion });
  const sessions = createSessions({ database, clock, ledger, findPerson });
  const actor = systemActor("test");
  const who = { name: "Camille", email: "camille@example.fr", role: "administrator", body: "dinum" } as const;
  const operator = await ledger.change(actor, (transaction) => createOperator(transaction, who));
  const issue = () =>
    ledger.change(actor, (transaction) => sessions.issueCode(transaction, operator.id, "terminal"));
  return { clock, sessions, issue, code: await issue() };
}

function hasId(id: string) {
  return (error: unknown) => error instanceof ServiceError && error.id === id;
}
