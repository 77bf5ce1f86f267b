import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { identityKey } from "../../src/identity/identity-key.ts";
import {
  defaultGeneratorOptions,
  generateInstitutions,
  generateStudentLines,
  generateStudents,
} from "../../src/referential/generate-referential.ts";
import { communes, origins } from "../../src/referential/generated-words.ts";
import { ProblemList } from "../../src/referential/import-problem.ts";
import { IneSet } from "../../src/referential/ine-set.ts";
import { readInstitution } from "../../src/referential/institution-record.ts";
import { readStudent } from "../../src/referential/student-record.ts";

const institutions = generateInstitutions(3000);
const source = generateStudents(institutions);
const students = Array.from({ length: 30_000 }, () => source.next().value);

async function digest(count: number, seed: number): Promise<string> {
  const hash = createHash("sha256");
  const options = { ...defaultGeneratorOptions, seed };
  for await (const chunk of generateStudentLines(count, institutions, options)) hash.update(chunk);
  return hash.digest("hex");
}

test("equal seeds give equal people, and another seed others", async () => {
  assert.equal(await digest(3000, 1), await digest(3000, 1));
  assert.notEqual(await digest(3000, 1), await digest(3000, 2));
  const shorter = createHash("sha256");
  for (const student of students.slice(0, 1234)) shorter.update(`${JSON.stringify(student)}\n`);
  assert.equal(await digest(1234, 1), shorter.digest("hex"), "the first ones do not depend on the number");
});

test("the import accepts all of them, and no number comes twice", () => {
  const problems = new ProblemList();
  const known = new Set<string>();
  for (const institution of institutions) readInstitution(institution, known, problems);
  const context = { institutions: known, seen: new IneSet() };
  for (const student of students) readStudent(student, context, problems);
  assert.deepEqual(problems.take(), []);
  assert.equal(context.seen.size, students.length);
});

test("institutions bear a valid check letter", () => {
  // The rule, and a code that everybody can look up.
  const letters = "ABCDEFGHJKLMNPRSTUVWXYZ";
  assert.equal(letters[750106 % 23], "H");
  for (const { uai } of institutions) assert.equal(uai[7], letters[Number(uai.slice(0, 7)) % 23]);
  assert.equal(new Set(institutions.map(({ uai }) => uai)).size, institutions.length);
});

test("places are codes of the official geographic code", () => {
  const resolve = createRequire(import.meta.url).resolve;
  const file = resolve("@etalab/decoupage-administratif/data/communes.json");
  const official = JSON.parse(readFileSync(file, "utf8")) as { code: string }[];
  const codes = new Set(official.map(({ code }) => code));
  assert.deepEqual(
    communes.filter((code) => !codes.has(code)),
    [],
  );
  for (const { countries } of origins) for (const code of countries) assert.match(code, /^99[1-5]\d\d$/);
});

test("they have what makes real files difficult, about as often", () => {
  const share = (what: (student: (typeof students)[number]) => boolean) =>
    students.filter(what).length / students.length;
  const between = (value: number, low: number, high: number, name: string) =>
    assert.ok(value >= low && value <= high, `${name}: ${value}`);
  between(
    share(({ ine }) => /^\d{10}[A-Z]$/.test(ine)),
    0.25,
    0.35,
    "ten digits and a letter",
  );
  between(
    share(({ ine }) => /^\d{9}[A-Z]{2}$/.test(ine)),
    0.65,
    0.75,
    "nine digits and two letters",
  );
  between(
    share(({ birthName }) => /[^\x20-\x7e]/.test(birthName)),
    0.15,
    0.6,
    "accents",
  );
  between(
    share(({ birthName }) => birthName.includes("-")),
    0.02,
    0.2,
    "hyphens",
  );
  between(
    share(({ birthName }) => /['’]/.test(birthName)),
    0.005,
    0.1,
    "apostrophes",
  );
  between(
    share(({ birthName }) => /^(de |d'|le |la |van |von |el |ben )/i.test(birthName)),
    0.01,
    0.1,
    "particles",
  );
  between(
    share(({ birthName, givenNames }) => /[œæ]/i.test(birthName + givenNames)),
    0.001,
    0.1,
    "ligatures",
  );
  between(
    share(({ birthplaceCog }) => birthplaceCog?.startsWith("99") === true),
    0.08,
    0.2,
    "born abroad",
  );
  between(
    share(({ birthDate }) => birthDate.endsWith("-00")),
    0.003,
    0.02,
    "partial dates",
  );
  between(
    share(({ sex }) => sex === undefined),
    0.02,
    0.05,
    "unknown sex",
  );
  between(
    share(({ birthplaceCog }) => birthplaceCog === undefined),
    0.02,
    0.06,
    "unknown birthplace",
  );
  between(
    share(({ usualName }) => usualName !== undefined),
    0.04,
    0.08,
    "usual names",
  );
  between(
    share(({ givenNames }) => givenNames.length > 1),
    0.3,
    0.5,
    "several given names",
  );
  between(
    share(({ admissions }) => admissions.length === 0),
    0.02,
    0.06,
    "no admission",
  );
  between(
    students.reduce((sum, { admissions }) => sum + admissions.length, 0) / students.length,
    1.5,
    1.8,
    "admissions",
  );
  const regimes = new Set(students.flatMap(({ admissions }) => admissions.map(({ regime }) => regime)));
  assert.deepEqual([...regimes].sort(), ["RF1", "RF2", "RF3", "RF4", "RF5", "RF6", "RF7"]);
});

test("some are homonyms, and some of these cannot be told apart", () => {
  const groups = Map.groupBy(students, ({ birthName, birthDate, givenNames }) =>
    [identityKey(birthName), birthDate, identityKey(givenNames[0] ?? "")].join(),
  );
  const homonyms = [...groups.values()].filter((group) => group.length > 1);
  assert.ok(homonyms.length > students.length * 0.003, String(homonyms.length));
  const same = homonyms.filter(([a, b]) => a?.sex === b?.sex && a?.birthplaceCog === b?.birthplaceCog);
  assert.ok(same.length > 3 && same.length < homonyms.length / 2, String(same.length));
});
