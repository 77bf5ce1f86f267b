import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createCommuneDirectory } from "../../src/identity/communes.ts";
import type { Birthplace, IdentityCriteria } from "../../src/identity/match.ts";
import { createLookup, type Lookup, type LookupResult } from "../../src/lookup/lookup.ts";
import { createInstitutionDirectory } from "../../src/referential/institution-storage.ts";
import type { Admission, Student } from "../../src/referential/student.ts";
import { maxCandidates } from "../../src/referential/student.ts";
import { createStudentStorage } from "../../src/referential/student-storage.ts";
import { insertInstitutions, insertStudents, openReferential, type Referential } from "./referential-rows.ts";

const clock = { now: () => Date.parse("2026-11-23T10:00:00Z"), monotonic: () => 0 };

const thisYear: Admission = {
  startDate: "2026-09-01",
  endDate: "2027-08-31",
  registered: true,
  regime: 1,
  communeCog: "29019",
  uai: "0290001A",
};
const lastYear: Admission = { ...thisYear, startDate: "2025-09-01", endDate: "2026-08-31" };

const base: Student = {
  ine: "",
  birthName: "DUPRÉ",
  usualName: undefined,
  givenNames: ["JEAN"],
  birthDate: "2001-05-12",
  sex: "M",
  birthplaceCog: "29019",
  admissions: [thisYear, lastYear],
};

const people: readonly Partial<Student>[] = [
  { ine: "0000000001A" },
  {
    ine: "0000000002A",
    birthName: "D'ARTAGNAN",
    usualName: "DE LA TOUR",
    sex: "F",
    givenNames: ["ANNE-MARIE"],
  },
  { ine: "0000000003A", birthName: "BALDÉ", birthDate: "2003-00-00", birthplaceCog: "99330" },
  // Homonyms of one day, told apart by birthplace or by further given names.
  { ine: "0000000004A", birthName: "MARTIN", givenNames: ["PAUL", "LUC"], birthplaceCog: "75113" },
  { ine: "0000000005A", birthName: "MARTIN", givenNames: ["PAUL", "YVES"], birthplaceCog: "69381" },
  // Twins.
  { ine: "0000000006A", birthName: "NGUYỄN", givenNames: ["KIM"], sex: "F" },
  { ine: "0000000007A", birthName: "NGUYỄN", givenNames: ["LAN"], sex: "F" },
  // The same name by birth and by use.
  { ine: "0000000008A", birthName: "LEROY", givenNames: ["ZOÉ"], sex: "F" },
  { ine: "0000000009A", birthName: "PETIT", usualName: "LEROY", givenNames: ["ZOÉ"], sex: "F" },
  { ine: "0000000010A", birthName: "MOREAU", usualName: "ROY", givenNames: ["LÉA"], sex: "F" },
  { ine: "0000000011A", birthName: "GARCIA", usualName: "ROY", givenNames: ["LÉA"], sex: "F" },
  { ine: "0000000012A", birthName: "INCONNU", sex: undefined, birthplaceCog: undefined },
  { ine: "0000000013A", birthName: "ANCIEN", birthplaceCog: "01126" },
  { ine: "0000000014A", birthName: "SANSADMISSION", admissions: [] },
  {
    ine: "0000000015A",
    birthName: "PASSÉ",
    admissions: [{ ...lastYear, startDate: "2019-09-01", endDate: "2020-08-31" }],
  },
  { ine: "0000000016A", birthName: "NOUVEAU", admissions: [{ ...thisYear, uai: "0290002B" }] },
];

const communes = createCommuneDirectory();
before(() => communes.load());

function person(values: Partial<IdentityCriteria>): IdentityCriteria {
  return {
    birthName: "Dupré",
    givenNames: ["Jean"],
    birthDate: "2001-05-12",
    sex: "M",
    birthplace: undefined,
    ...values,
  };
}

const inCode = (code: string) => communes.byCode(code) as Birthplace;
const inCommune = (name: string, department: string) => communes.byName(name, department) as Birthplace;

type Case = readonly [
  what: string,
  criteria: () => Partial<IdentityCriteria>,
  ine: string | "none" | "several",
];

const cases: readonly Case[] = [
  ["the same", () => ({}), "0000000001A"],
  ["capitals without accents", () => ({ birthName: "DUPRE", givenNames: ["JEAN"] }), "0000000001A"],
  ["NFD", () => ({ birthName: "Dupre\u0301" }), "0000000001A"],
  ["another sex", () => ({ sex: "F" }), "none"],
  ["another date", () => ({ birthDate: "2001-05-13" }), "none"],
  ["nobody of that name", () => ({ birthName: "Nobody" }), "none"],
  ["apostrophe", () => ({ birthName: "d’Artagnan", givenNames: ["Anne Marie"], sex: "F" }), "0000000002A"],
  [
    "compound in two fields",
    () => ({ birthName: "DARTAGNAN", givenNames: ["Anne", "Marie"], sex: "F" }),
    "0000000002A",
  ],
  ["usual name", () => ({ birthName: "de la Tour", givenNames: ["Anne-Marie"], sex: "F" }), "0000000002A"],
  [
    "usual name and compound",
    () => ({ birthName: "DELATOUR", givenNames: ["Anne", "Marie"], sex: "F" }),
    "0000000002A",
  ],
  ["stored partial date", () => ({ birthName: "Baldé", birthDate: "2003-01-01" }), "0000000003A"],
  ["partial date on both sides", () => ({ birthName: "Ɓalde", birthDate: "2003-00-00" }), "0000000003A"],
  [
    "born abroad",
    () => ({ birthName: "Baldé", birthDate: "2003-00-00", birthplace: inCode("99330") }),
    "0000000003A",
  ],
  [
    "born elsewhere",
    () => ({ birthName: "Baldé", birthDate: "2003-00-00", birthplace: inCode("99331") }),
    "none",
  ],
  ["homonyms", () => ({ birthName: "Martin", givenNames: ["Paul"] }), "several"],
  ["homonyms by further name", () => ({ birthName: "Martin", givenNames: ["Paul", "Yves"] }), "0000000005A"],
  [
    "homonyms by district",
    () => ({ birthName: "Martin", givenNames: ["Paul"], birthplace: inCode("75113") }),
    "0000000004A",
  ],
  [
    "homonyms by city",
    () => ({ birthName: "Martin", givenNames: ["Paul"], birthplace: inCommune("Lyon", "69") }),
    "0000000005A",
  ],
  ["twins", () => ({ birthName: "Nguyen", givenNames: ["Lan"], sex: "F" }), "0000000007A"],
  [
    "birth name before usual name",
    () => ({ birthName: "Leroy", givenNames: ["Zoé"], sex: "F" }),
    "0000000008A",
  ],
  ["two people by usual name", () => ({ birthName: "Roy", givenNames: ["Léa"], sex: "F" }), "several"],
  [
    "sex and birthplace unknown: name and date alone would be a guess",
    () => ({ birthName: "Inconnu", sex: "F", birthplace: inCode("29019") }),
    "none",
  ],
  [
    "merged commune, by its new code",
    () => ({ birthName: "Ancien", birthplace: inCode("01033") }),
    "0000000013A",
  ],
];

for (const dialect of ["sqlite", "postgres"] as const) {
  describe(`lookups on ${dialect}`, () => {
    let referential: Referential;
    let lookup: Lookup;
    let all: Lookup;

    before(async () => {
      referential = await openReferential[dialect]();
      const { database } = referential;
      await insertInstitutions(database, [{ uai: "0290001A", name: "Université", communeCog: "29019" }]);
      const crowd = Array.from({ length: maxCandidates + 1 }, (_, index) => {
        return {
          ine: `1${String(index).padStart(9, "0")}A`,
          birthName: "FOULE",
          givenNames: [index === 0 ? "SEUL" : "JEAN"],
        };
      });
      await insertStudents(
        database,
        [...people, ...crowd].map((each) => ({ ...base, ...each }) as Student),
      );
      const institutions = createInstitutionDirectory(database, clock);
      await institutions.refresh();
      const sources = { students: createStudentStorage(database), institutions, clock };
      lookup = createLookup({ ...sources, window: "current" });
      all = createLookup({ ...sources, window: "all" });
    });
    after(() => referential.close());

    for (const [what, criteria, expected] of cases) {
      test(what, async () => assert.equal(summary(await lookup.byIdentity(person(criteria()))), expected));
    }

    test("by INE, in either case", async () => {
      assert.equal(summary(await lookup.byIne("0000000001a")), "0000000001A");
      assert.equal(summary(await lookup.byIne("0000000001A")), "0000000001A");
      assert.equal(summary(await lookup.byIne("9999999999Z")), "none");
    });

    test("admissions of the window, most recent first, with their institutions", async () => {
      assert.deepEqual(await starts(lookup), ["2026-09-01"]);
      assert.deepEqual(await starts(all), ["2026-09-01", "2025-09-01"]);
      assert.deepEqual(await starts(all, "2026-01-01"), ["2025-09-01"]);
      assert.deepEqual(await starts(lookup, "2026-01-01"), []);
      const found = await lookup.byIne("0000000001A");
      assert.equal(found.finding === "one" && found.admissions[0]?.institution?.name, "Université");
    });

    test("a student without admissions in the window is found all the same", async () => {
      for (const ine of ["0000000014A", "0000000015A"]) {
        const found = await lookup.byIne(ine);
        assert.deepEqual(found.finding === "one" && found.admissions, []);
      }
    });

    test("more candidates than storage returns are several people, even when one of them fits", async () => {
      const criteria = person({ birthName: "Foule", givenNames: ["Seul"] });
      assert.equal(summary(await lookup.byIdentity(criteria)), "several");
    });

    test("an institution that was just imported is found", async () => {
      const found = () => lookup.byIne("0000000016A");
      const before = await found();
      assert.equal(before.finding === "one" && before.admissions[0]?.institution, undefined);
      await insertInstitutions(referential.database, [
        { uai: "0290002B", name: "École", communeCog: "29019" },
      ]);
      await referential.database.knex("referential_version").update({ version: 2 });
      // On SQLite, the lookups of one turn of the event loop see the same snapshot.
      await nextTurn();
      const later = await found();
      assert.equal(later.finding === "one" && later.admissions[0]?.institution?.name, "École");
    });

    if (dialect === "sqlite") {
      test("SQLite answers without a promise", () => {
        assert.ok(!(lookup.byIne("0000000001A") instanceof Promise));
        assert.ok(!(lookup.byIdentity(person({ birthName: "Nobody" })) instanceof Promise));
      });
    }
  });
}

function summary(result: LookupResult): string {
  return result.finding === "one" ? result.student.ine : result.finding;
}

async function starts(lookup: Lookup, onDate?: string): Promise<string[]> {
  const result = await lookup.byIne("0000000001A", onDate);
  return result.finding === "one" ? result.admissions.map(({ admission }) => admission.startDate) : [];
}
