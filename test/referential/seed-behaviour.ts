import assert from "node:assert/strict";
import { test } from "node:test";
import { seedDemonstration } from "../../src/referential/seed-demonstration.ts";
import { createStudentStorage } from "../../src/referential/student-storage.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import { clock, importInstitutions, importStudents, lines, student } from "./sample-lines.ts";

/** What seeding the demonstration must do on any database. */
export function testSeeds(kind: DatabaseKind): void {
  test("the demonstration is loaded once", async () => {
    await using fresh = await kind.open();
    const { database } = fresh;
    assert.equal(await seedDemonstration(database, clock), 11 + 47);
    assert.equal(await seedDemonstration(database, clock), 0);
    const sandbox = await createStudentStorage(database).findByIne("1234567890B");
    assert.equal(sandbox?.birthName, "Longchambon");
    assert.equal(sandbox?.admissions[0]?.uai, "0313124C");
  });

  test("seeding leaves the checkpoint of an operator's import alone", async () => {
    await using fresh = await kind.open();
    const { database } = fresh;
    await importInstitutions(database);
    await importStudents(database, lines([student("100000000AB")]));
    const before = await database.knex("imports").select().orderBy("kind");
    await seedDemonstration(database, clock);
    assert.deepEqual(await database.knex("imports").select().orderBy("kind"), before);
  });
}
