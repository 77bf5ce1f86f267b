import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonObject, toBinary, toJson } from "@bufbuild/protobuf";
import { StudentSchema } from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import type { FoundStudent } from "../../src/lookup/lookup.ts";
import { maskStudent } from "../../src/lookup/mask.ts";
import { canLookUp, lookupScopes } from "../../src/lookup/scopes.ts";

const found: FoundStudent = {
  finding: "one",
  student: {
    ine: "951242368CR",
    birthName: "DUPRÉ",
    usualName: "MARTIN",
    givenNames: ["JEAN", "LUC"],
    birthDate: "2001-05-00",
    sex: "M",
    birthplaceCog: "29019",
    admissions: [],
  },
  admissions: [
    {
      admission: {
        startDate: "2026-09-01",
        endDate: "2027-08-31",
        registered: false,
        regime: 4,
        communeCog: "29232",
        uai: "0290001A",
      },
      institution: { uai: "0290001A", name: "Université", communeCog: "29019" },
    },
  ],
};

/** Each scope with the path that it unmasks and the value that stands there. */
const unmasked: Record<keyof typeof lookupScopes, readonly (readonly [path: string, value: unknown])[]> = {
  mesri_identite: [
    ["identity", { birthName: "DUPRÉ", givenNames: ["JEAN", "LUC"], birthDate: "2001-05-00" }],
  ],
  mesri_admissions: [
    ["startDate", "2026-09-01"],
    ["endDate", "2027-08-31"],
  ],
  mesri_admission_inscrit: [["registered", false]],
  mesri_admission_regime_formation: [["regime", { code: "RF4", label: "contrat d'apprentissage" }]],
  mesri_admission_commune_etudes: [["communeCog", "29232"]],
  mesri_admission_etablissement_etudes: [["institution", { uai: "0290001A", name: "Université" }]],
};

const names = Object.keys(lookupScopes) as (keyof typeof lookupScopes)[];
const subsets = Array.from({ length: 2 ** names.length }, (_, mask) =>
  names.filter((_, bit) => mask & (1 << bit)),
);

test("each of the 64 subsets of scopes unmasks its fields and nothing else", () => {
  assert.equal(subsets.length, 64);
  for (const scopes of subsets) {
    const answer = toJson(StudentSchema, maskStudent(found, new Set(scopes))) as JsonObject;
    const expected: Record<string, unknown> = {};
    if (scopes.includes("mesri_identite")) expected.identity = unmasked.mesri_identite[0]?.[1];
    if (scopes.includes("mesri_admissions")) {
      const fields = scopes.filter((scope) => scope !== "mesri_identite").flatMap((scope) => unmasked[scope]);
      expected.admissions = [Object.fromEntries(fields)];
    }
    assert.deepEqual(answer, expected, scopes.join(" "));
  }
});

test("without a scope not one byte of the field is on the wire", () => {
  const secrets = {
    mesri_identite: "DUPR",
    mesri_admission_commune_etudes: "29232",
    mesri_admission_etablissement_etudes: "0290001A",
  };
  for (const scopes of subsets) {
    const bytes = Buffer.from(toBinary(StudentSchema, maskStudent(found, new Set(scopes)))).toString(
      "latin1",
    );
    for (const [scope, secret] of Object.entries(secrets)) {
      if (!scopes.includes(scope as never)) assert.ok(!bytes.includes(secret), `${secret} with ${scopes}`);
    }
    for (const never of ["951242368CR", "MARTIN", "29019"]) assert.ok(!bytes.includes(never));
  }
});

test("scopes of other generations unmask nothing", () => {
  const scopes = new Set([
    "mesri_identifiant",
    "mesri_inscription_etudiant",
    "mesri_etablissements",
    "admin",
  ]);
  assert.deepEqual(toJson(StudentSchema, maskStudent(found, scopes)), {});
  assert.ok(!canLookUp(scopes));
});

test("an institution that the referential does not name still has its number", () => {
  const [first] = found.admissions as [FoundStudent["admissions"][0]];
  const nameless = { ...found, admissions: [{ ...first, institution: undefined }] };
  const answer = maskStudent(nameless, new Set(names));
  assert.equal(answer.admissions[0]?.institution?.uai, "0290001A");
  assert.equal(answer.admissions[0]?.institution?.name, "");
});

test("the answer shares no list with the referential's student", () => {
  const answer = maskStudent(found, new Set(names));
  answer.identity?.givenNames.push("X");
  assert.deepEqual(found.student.givenNames, ["JEAN", "LUC"]);
});
