import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDatabase, openSqliteConnection } from "../../src/storage/database.ts";

test("the files of new databases are for the service's account only, whoever may look into the folder", async () => {
  const folder = mkdtempSync(join(tmpdir(), "statut-files-"));
  chmodSync(folder, 0o755);
  const before = process.umask(0o022);
  const database = openDatabase({ file: join(folder, "statut.db") });
  const connection = openSqliteConnection(join(folder, "journal.db"));
  try {
    await database.knex.schema.createTable("names", (table) => table.text("name"));
    connection.exec("create table names (name text)");
    const files = readdirSync(folder);
    for (const name of ["statut.db", "statut.db-wal", "journal.db", "journal.db-wal"])
      assert.ok(files.includes(name), name);
    for (const name of files) assert.equal(statSync(join(folder, name)).mode & 0o077, 0, name);
  } finally {
    connection.close();
    await database.close();
    process.umask(before);
    rmSync(folder, { recursive: true, force: true });
  }
});
