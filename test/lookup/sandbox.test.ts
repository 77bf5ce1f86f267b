// The state's public sandbox students, as the demonstration holds them: each is found by its number and by its
// identity, however the partner's tests write it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { createCommuneDirectory } from "../../src/identity/communes.ts";
import { createLookup, type Lookup } from "../../src/lookup/lookup.ts";
import type { Regime, Student } from "../../src/referential/student.ts";
import { createStudentStorage } from "../../src/referential/student-storage.ts";
import { insertStudents, openReferential, type Referential } from "./referential-rows.ts";

interface SeedLine extends Omit<Student, "admissions"> {
  readonly admissions: readonly (Omit<Student["admissions"][number], "regime"> & {
    readonly regime: string;
  })[];
}

const file = new URL("../../db/seeds/sandbox-students.ndjson", import.meta.url);
const students: readonly Student[] = readFileSync(file, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as SeedLine)
  .map((seed) => ({
    ...seed,
    admissions: seed.admissions.map((each) => ({ ...each, regime: Number(each.regime.slice(2)) as Regime })),
  }));

const communes = createCommuneDirectory();
let referential: Referential;
let lookup: Lookup;

before(async () => {
  referential = await openReferential.sqlite();
  await insertStudents(referential.database, students);
  lookup = createLookup({
    students: createStudentStorage(referential.database),
    institutions: { find: () => undefined, refresh: async () => {} },
    clock: { now: () => 0 },
    window: "all",
  });
});
after(() => referential.close());

test("by number, with all admissions", async () => {
  assert.ok(students.length > 30);
  for (const student of students) {
    const found = await lookup.byIne(student.ine.toLowerCase());
    assert.ok(found.finding === "one", student.ine);
    assert.equal(found.student.ine, student.ine);
    assert.deepEqual(
      found.admissions.map(({ admission }) => admission),
      student.admissions,
    );
  }
});

test("by identity, in any case, with and without birthplace", async () => {
  for (const { ine, birthName, givenNames, birthDate, sex, birthplaceCog } of students) {
    const birthplace = birthplaceCog === undefined ? undefined : await communes.byCode(birthplaceCog);
    const changes = [
      (name: string) => name,
      (name: string) => name.toUpperCase(),
      (name: string) => name.normalize("NFD"),
    ];
    for (const change of changes) {
      for (const place of [undefined, birthplace]) {
        const found = await lookup.byIdentity({
          birthName: change(birthName),
          givenNames: givenNames.map(change),
          birthDate,
          sex: sex ?? "F",
          birthplace: place,
        });
        assert.equal(found.finding === "one" ? found.student.ine : found.finding, ine);
      }
    }
  }
});
