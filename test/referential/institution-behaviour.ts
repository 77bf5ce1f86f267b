import assert from "node:assert/strict";
import { test } from "node:test";
import { createInstitutionDirectory } from "../../src/referential/institution-storage.ts";
import { openDatabase } from "../../src/storage/database.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import { eventually } from "../support/eventually.ts";
import { importInstitutions, importStudents, institutions, lines, student } from "./sample-lines.ts";

/** What the directory of institutions must do on any database. */
export function testInstitutionDirectory(kind: DatabaseKind): void {
  test("institutions are found in memory, and changes within a second", async () => {
    await using fresh = await kind.open();
    const { database } = fresh;
    let now = 0;
    let versionsRead = 0;
    const counting = {
      ...database,
      prepare: ((name: string, build: Parameters<typeof database.prepare>[1]) => {
        const query = database.prepare(name, build);
        return (...values: unknown[]) => {
          versionsRead += name === "referential_version" ? 1 : 0;
          return query(...values);
        };
      }) as typeof database.prepare,
    };
    await importInstitutions(database);
    const directory = createInstitutionDirectory(counting, { now: () => 0, monotonic: () => now });
    await directory.refresh();
    assert.deepEqual(directory.find("0292973W"), institutions[0]);
    assert.equal(directory.find("0000000A"), undefined);

    await importInstitutions(database, lines([{ ...institutions[0], name: "Université Cité" }]));
    now = 999;
    for (let call = 0; call < 100; call++) directory.find("0292973W");
    assert.equal(directory.find("0292973W")?.name, "Université Paris Cité", "not looked at again yet");
    assert.equal(versionsRead, 1);
    now = 1000;
    directory.find("0292973W");
    await eventually(() => directory.find("0292973W")?.name === "Université Cité");
    assert.equal(versionsRead, 2);

    // What changes students only, or changes nothing, is no news.
    const { version } = await database.knex("referential_version").first();
    await importInstitutions(database, lines([{ ...institutions[0], name: "Université Cité" }]));
    await importStudents(database, lines([student("100000000AB")]));
    assert.equal((await database.knex("referential_version").first()).version, version);

    await importInstitutions(database, lines([{ uai: "0000000A", name: "Nouvelle", communeCog: "29019" }]));
    assert.equal(directory.find("0000000A"), undefined);
    await directory.refresh();
    assert.equal(directory.find("0000000A")?.name, "Nouvelle", "refresh does not wait for its second");
    directory.close();
  });

  test("a database that fails leaves the directory as it was", async () => {
    await using fresh = await kind.open();
    await importInstitutions(fresh.database);
    let now = 0;
    const own = openDatabase(fresh.location);
    const directory = createInstitutionDirectory(own, { now: () => 0, monotonic: () => now });
    await directory.refresh();
    await own.close();
    now = 5000;
    assert.equal(directory.find("0292973W")?.name, "Université Paris Cité");
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(directory.find("0292973W")?.name, "Université Paris Cité");
    directory.close();
  });
}
