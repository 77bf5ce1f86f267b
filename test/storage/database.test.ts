// What is the same of every database, whichever it is: here, that nobody who asks much of it keeps the event loop.
import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { bothDatabases } from "../support/both-databases.ts";
import { countTurns } from "../support/count-turns.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

for (const { name, open } of databases.kinds) {
  suite(`a database on ${name}`, () => {
    test("lets others pass between statements, and between transactions", async () => {
      await using fresh = await open();
      const { knex } = fresh.database;
      const inAll = await countTurns(async () => {
        for (let count = 0; count < 50; count += 1) await knex("partners").select("id").limit(1);
      });
      assert.ok(inAll >= 50, `${inAll} turns of the event loop in 50 statements`);
      const ofTransactions = await countTurns(async () => {
        for (let count = 0; count < 20; count += 1)
          await knex.transaction((transaction) => transaction("partners").select("id").limit(1));
      });
      assert.ok(ofTransactions >= 20, `${ofTransactions} turns of the event loop in 20 transactions`);
    });
  });
}
