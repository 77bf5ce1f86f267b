// Links that sign people in, on both databases: for one browser, once, not too many, and telling nobody who is known.
import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { raiseVersion } from "../../src/access/access-storage.ts";
import { findPeopleByEmail, findPerson, nameAccount } from "../../src/assembly/find-person.ts";
import { systemActor } from "../../src/audit/actor.ts";
import { createLedger } from "../../src/audit/ledger.ts";
import { ServiceError } from "../../src/errors.ts";
import { createOperator } from "../../src/operator/create-operator.ts";
import { createSessions } from "../../src/session/session.ts";
import { createSignInLinks, type SignInMail } from "../../src/session/sign-in-links.ts";
import { settableClock } from "../access/sample-access.ts";
import { bothDatabases, type FreshDatabase } from "../support/both-databases.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

const email = "camille@example.fr";
const linkTo = (code: string) => `https://statut.example/connexion/lien?code=${code}`;

async function prepare({ database }: FreshDatabase) {
  const clock = settableClock();
  const ledger = createLedger({ database, clock, raiseVersion });
  const sessions = createSessions({ database, clock, ledger, findPerson });
  await ledger.change(systemActor("test"), (transaction) =>
    createOperator(transaction, { name: "Camille Martin", email, role: "reader", body: "ministry" }),
  );
  const mails: SignInMail[] = [];
  const failures: unknown[] = [];
  const create = () =>
    createSignInLinks({
      ...{ database, clock, ledger, sessions, findPeopleByEmail, nameAccount },
      send: async (_, mail) => void mails.push(mail),
      report: (cause) => failures.push(cause),
      maxDelayMs: 10,
    });
  /** Asks, and waits until what was asked for is done. */
  const ask = async (address: string, browser = "browser") => {
    const links = create();
    links.ask(address, browser, linkTo);
    await links.close();
    assert.deepEqual(failures, []);
  };
  const lastCode = () => mails.at(-1)?.links[0]?.url.split("code=")[1] ?? "";
  return { clock, ledger, sessions, mails, create, ask, lastCode };
}

const refused = (error: unknown) => error instanceof ServiceError && error.id === "sign_in_code_invalid";

for (const { name, open } of databases.kinds) {
  suite(`sign-in links on ${name}`, () => {
    test("go to the address that is known, in any case of letters, and name the account", async () => {
      await using fresh = await open();
      const { mails, ask, lastCode } = await prepare(fresh);
      await ask("Camille@Example.fr");
      assert.deepEqual([mails.length, mails[0]?.to, mails[0]?.name], [1, email, "Camille Martin"]);
      assert.equal(mails[0]?.links[0]?.account, "Administration du service");
      assert.match(lastCode(), /^stcod_/);
    });

    test("are sent to nobody else", async () => {
      await using fresh = await open();
      const { mails, ask } = await prepare(fresh);
      for (const address of ["inconnu@example.fr", "camille@example.fr.evil", "' or 1=1 --@example.fr"])
        await ask(address);
      assert.equal(mails.length, 0);
    });

    test("open a session in the browser that asked, once; trying another browser spends nothing", async () => {
      await using fresh = await open();
      const { sessions, ask, lastCode } = await prepare(fresh);
      await ask(email, "mine");
      const code = lastCode();
      await assert.rejects(sessions.signIn(code, "theirs"), refused);
      await assert.rejects(sessions.signIn(code), refused);
      assert.equal((await sessions.signIn(code, "mine")).person.email, email);
      await assert.rejects(sessions.signIn(code, "mine"), refused);
    });

    test("are good for 15 minutes", async () => {
      await using fresh = await open();
      const { clock, sessions, ask, lastCode } = await prepare(fresh);
      await ask(email, "mine");
      clock.date += 15 * 60_000;
      await assert.rejects(sessions.signIn(lastCode(), "mine"), refused);
    });

    test("are five an hour for a person", async () => {
      await using fresh = await open();
      const { clock, mails, ask } = await prepare(fresh);
      for (let count = 0; count < 8; count += 1) await ask(email);
      assert.equal(mails.length, 5);
      clock.date += 3_600_001;
      await ask(email);
      assert.equal(mails.length, 6);
    });

    test("are five an hour for a person, also when many ask at the same instant", async () => {
      await using fresh = await open();
      const { mails, create } = await prepare(fresh);
      const links = create();
      for (let count = 0; count < 30; count += 1) links.ask(email, `browser ${count}`, linkTo);
      await links.close();
      assert.equal(mails.length, 5);
    });

    test("are there for the browser that the person signed in with, however many strangers ask for", async () => {
      await using fresh = await open();
      const { clock, sessions, mails, ask, lastCode } = await prepare(fresh);
      const strangersTakeAll = async () => {
        for (let count = 0; count < 6; count += 1) await ask(email, `stranger ${count}`);
      };
      await ask(email, "mine");
      await sessions.signIn(lastCode(), "mine");
      clock.date += 29 * 24 * 3_600_000;
      await strangersTakeAll();
      assert.equal(mails.length, 6);
      await ask(email, "mine");
      assert.equal((await sessions.signIn(lastCode(), "mine")).person.email, email);
      for (let count = 0; count < 6; count += 1) await ask(email, "mine");
      assert.equal(mails.length, 6 + 5);
    });

    test("a browser whose links were voided is no browser that the person signed in with", async () => {
      await using fresh = await open();
      const { ledger, sessions, mails, ask } = await prepare(fresh);
      for (let count = 0; count < 5; count += 1) await ask(email, "stranger");
      const [{ holder_id: holder }] = await fresh.database.knex("sign_in_codes").select("holder_id");
      await ledger.change(systemActor("test"), (transaction) => sessions.endAll(transaction, holder));
      await ask(email, "stranger");
      assert.equal(mails.length, 5);
    });

    test("keep neither code nor browser's secret in the database", async () => {
      await using fresh = await open();
      const { ask, lastCode } = await prepare(fresh);
      await ask(email, "a-secret-of-the-browser");
      const rows = await fresh.database.knex("sign_in_codes").select("*");
      const text = rows.map((row) => Object.values(row).map(String).join("\n")).join("\n");
      assert.equal(rows.length, 1);
      assert.ok(!text.includes(lastCode()) && !text.includes("a-secret-of-the-browser"));
    });
  });
}

test("whoever asks has the answer before anything is looked up, and no more than 200 wait", async () => {
  const looked: string[] = [];
  const links = createSignInLinks({
    findPeopleByEmail: async (_: unknown, address: string) => {
      looked.push(address);
      return [];
    },
    report: () => {},
    maxDelayMs: 60_000,
    database: {},
  } as never);
  for (let count = 0; count < 200; count += 1) links.ask(`a${count}@example.fr`, "b", linkTo);
  assert.deepEqual(looked, []);
  assert.throws(
    () => links.ask(email, "b", linkTo),
    (error) => error instanceof ServiceError && error.id === "service_saturated",
  );
  await links.close();
  assert.equal(looked.length, 200);
});
