import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { askTogether } from "../../src/storage/ask-together.ts";
import { type Database, openDatabase, type PreparedQuery } from "../../src/storage/database.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";

interface Thing {
  name: string;
  size: number;
}

let server: PostgresServer;
let database: Database;
let find: (name: string) => Promise<Thing | undefined>;
/** Keys of each statement. */
let asked: string[][];

before(async () => {
  server = await startPostgres();
  database = openDatabase({ url: await server.createDatabase() });
  await database.knex.schema.createTable("things", (table) => {
    table.string("name", 11).primary();
    table.integer("size");
  });
  const things = Array.from({ length: 600 }, (_, size) => ({ name: `thing ${size}`, size }));
  await database.knex("things").insert(things);
  const query = database.prepare<Thing>("things_by_name", (knex) => knex("things").whereRaw("name = any(?)"));
  const counted: PreparedQuery<Thing> = (names) => {
    asked.push(names as string[]);
    return query(names);
  };
  find = askTogether(counted, ({ name }) => name);
});
beforeEach(() => {
  asked = [];
});
after(async () => {
  await database.close();
  await server.stop();
});

test("keys of one turn are one statement, and each gets its own row", async () => {
  const names = ["thing 7", "nothing", "thing 599", "thing 7", '"},{', ""];
  const found = await Promise.all(names.map(find));
  assert.deepEqual(
    found.map((thing) => thing?.size),
    [7, undefined, 599, 7, undefined, undefined],
  );
  assert.deepEqual(asked, [["thing 7", "nothing", "thing 599", '"},{', ""]]);
});

test("the next turn asks anew, and sees what was written", async () => {
  assert.equal(await find("thing new"), undefined);
  await database.knex("things").insert({ name: "thing new", size: 1 });
  assert.equal((await find("thing new"))?.size, 1);
  assert.equal(asked.length, 2);
});

test("a statement takes 256 keys, and the others go with the next one", async () => {
  const found = await Promise.all(Array.from({ length: 600 }, (_, size) => find(`thing ${size}`)));
  assert.deepEqual(
    found.map((thing) => thing?.size),
    Array.from({ length: 600 }, (_, size) => size),
  );
  assert.deepEqual(
    asked.map(({ length }) => length),
    [256, 256, 88],
  );
});

test("a failure is everybody's of that statement, and nobody's of the next one", async () => {
  await database.knex.schema.renameTable("things", "things_gone");
  const failures = await Promise.allSettled([find("thing 1"), find("thing 2")]);
  for (const failure of failures) {
    assert.equal(failure.status, "rejected");
    assert.equal((failure as PromiseRejectedResult).reason.id, "storage_unavailable");
  }
  await database.knex.schema.renameTable("things_gone", "things");
  assert.equal((await find("thing 1"))?.size, 1);
});
