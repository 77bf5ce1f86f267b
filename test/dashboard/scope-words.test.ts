// Partners choose the data that they need, and operators approve it, by these words: they say what a scope unmasks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { allScopes } from "../../src/access/scopes.ts";
import { scopeWords } from "../../src/dashboard/html/scope-words.ts";
import type { FoundStudent } from "../../src/lookup/lookup.ts";
import { maskVersion2 } from "../../src/particulier/version-2-mask.ts";

test("every scope has words, and nothing else has", () => {
  assert.deepEqual(Object.keys(scopeWords).toSorted(), [...allScopes].toSorted());
});

const found: FoundStudent = {
  finding: "one",
  student: {
    ...{ ine: "951242368CR", birthName: "DUPRÉ", usualName: undefined, givenNames: ["JEAN"] },
    ...{ birthDate: "2001-05-12", sex: "M", birthplaceCog: undefined, admissions: [] },
  },
  admissions: ([1, 2, 3, 4, 5, 6, 7] as const).flatMap((regime) =>
    [true, false].map((registered) => ({
      admission: {
        ...{ startDate: "2026-09-01", endDate: "2027-08-31", registered, regime },
        ...{ communeCog: "75013", uai: "0750106H" },
      },
      institution: undefined,
    })),
  ),
};

/** What the rows that a scope lets through have in common. */
const rows: [scope: string, statut: string, regimes: string[], words: RegExp][] = [
  ["mesri_inscription_etudiant", "inscrit", ["formation initiale"], /^Inscriptions en formation initiale,/],
  ["mesri_inscription_autre", "inscrit", ["formation continue"], /^Inscriptions en formation continue,/],
  ["mesri_admission", "admis", ["formation continue", "formation initiale"], /^Admissions sans inscription,/],
];

for (const [scope, statut, regimes, words] of rows) {
  test(`${scope} is named after the rows that it lets through`, () => {
    const { inscriptions = [] } = maskVersion2(found, new Set([scope]));
    assert.deepEqual([...new Set(inscriptions.map((row) => row.statut))], [statut]);
    assert.deepEqual([...new Set(inscriptions.map((row) => row.regime))].toSorted(), regimes);
    assert.match(scopeWords[scope] ?? "", words);
  });
}
