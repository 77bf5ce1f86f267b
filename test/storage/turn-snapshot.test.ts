import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import Sqlite from "better-sqlite3";
import { openDatabase } from "../../src/storage/database.ts";

const folder = mkdtempSync(join(tmpdir(), "snapshot-"));
const file = join(folder, "some.db");
const database = openDatabase({ file });
const count = database.prepare<{ rows: number }>(
  "count",
  (knex) => knex("things").count({ rows: "*" }),
  "turn",
);
let other: Sqlite.Database;

const counted = () => (count() as { rows: number }[])[0]?.rows;

before(async () => {
  await database.knex.schema.createTable("things", (table) => table.integer("number"));
  other = new Sqlite(file);
});

after(async () => {
  other.close();
  await database.close();
  rmSync(folder, { recursive: true });
});

test("statements of one turn see one snapshot, those of the next turn what was written meanwhile", async () => {
  assert.equal(counted(), 0);
  other.exec("insert into things values (1)");
  assert.equal(counted(), 0);
  await nextTurn();
  assert.equal(counted(), 1);
});

test("the snapshot ends with its turn, so that the WAL can be emptied", async () => {
  assert.equal(counted(), 1);
  await nextTurn();
  other.exec("insert into things values (2)");
  const [result] = other.pragma("wal_checkpoint(TRUNCATE)") as { busy: number }[];
  assert.equal(result?.busy, 0);
});

test("a statement that fails leaves the next turn whole", async () => {
  const broken = database.prepare("broken", (knex) => knex("things").select(knex.raw("abs(?)")), "turn");
  assert.throws(() => broken(new Date() as never), /./);
  await nextTurn();
  assert.equal(counted(), 2);
});
