import assert from "node:assert/strict";
import { before, test } from "node:test";
import { buildCommuneIndex } from "../../src/identity/commune-index.ts";
import { createCommuneDirectory } from "../../src/identity/communes.ts";
import type { Birthplace } from "../../src/identity/match.ts";

const communes = createCommuneDirectory();
before(() => communes.load());

const byName: readonly (readonly [name: string, department: string, codes: readonly string[] | undefined])[] =
  [
    ["Brest", "29", ["29019"]],
    ["BREST", "29", ["29019"]],
    ["Brest", "35", undefined],
    ["Saint-Étienne", "42", ["42218"]],
    ["SAINT ETIENNE", "42", ["42218"]],
    ["St-Étienne", "42", ["42218"]],
    ["st. etienne", "42", ["42218"]],
    ["Ste Marie", "974", ["97418"]],
    ["Saint-E\u0301tienne", "42", ["42218"]],
    ["L'Abergement-Clémenciat", "01", ["01001"]],
    ["L’ABERGEMENT CLEMENCIAT", "01", ["01001"]],
    ["ABERGEMENT-CLEMENCIAT", "01", ["01001"]],
    ["Cœuvres-et-Valsery", "02", ["02201"]],
    ["COEUVRES ET VALSERY", "02", ["02201"]],
    ["Le Havre", "76", ["76351"]],
    ["HAVRE", "76", ["76351"]],
    ["Grand'Rivière", "972", ["97211"]],
    ["Les Trois-Îlets", "972", ["97231"]],
    ["Mamoudzou", "976", ["97611"]],
    ["Saint-Pierre", "975", ["97502"]],
    ["Saint-Pierre", "974", ["97416"]],
    ["Saint-Martin", "978", ["97801"]],
    ["Papeete", "987", ["98735"]],
    ["Ajaccio", "2A", ["2A004"]],
    ["Bastia", "2B", ["2B033"]],
    ["Ajaccio", "20", ["20004", "2A004"]],
    ["Argenteuil", "78", ["78018", "95018"]],
    ["Boulogne-Billancourt", "75", ["75012", "92012"]],
    ["Paris", "75", ["75056"]],
    ["Lyon", "69", ["69123"]],
    ["Marseille", "13", ["13055"]],
    // Delegated and associated communes.
    ["Cordieux", "01", ["01120"]],
    ["Fargniers", "02", ["02300"]],
    ["Bellegarde-sur-Valserine", "01", ["01033"]],
    // Told apart only by their cantons in the official name.
    ["Castillon", "64", ["64181", "64182"]],
    ["Nowhere", "29", undefined],
    ["Brest", "99", undefined],
    ["e", "75", undefined],
    [":", "75", undefined],
  ];

for (const [name, department, codes] of byName) {
  test(`${name} in ${department}`, async () => {
    const birthplace = await communes.byName(name, department);
    assert.deepEqual(birthplace && [...birthplace.codes].sort(), codes);
  });
}

const related: readonly (readonly [code: string, others: readonly string[], not: readonly string[]])[] = [
  ["75113", ["75056"], ["75114"]],
  ["75056", ["75101", "75113", "75120"], ["13055"]],
  ["69123", ["69381", "69389"], ["69266"]],
  ["13201", ["13055"], ["13202"]],
  // Associated and delegated communes with the one that holds them now, in both directions; not among themselves.
  ["01120", ["01262"], []],
  ["01262", ["01120"], []],
  // A code that is gone, and codes of former departments.
  ["01126", ["01033"], []],
  ["78018", ["95018"], ["95014"]],
  ["20004", ["2A004"], []],
  ["2A004", ["20004"], []],
];

for (const [code, others, not] of related) {
  test(`codes that stand for ${code}`, async () => {
    const birthplace = await communes.byCode(code);
    assert.deepEqual([...birthplace.codes], [code]);
    const equivalents = birthplace.equivalents();
    for (const other of [code, ...others]) assert.ok(equivalents.has(other), other);
    for (const other of not) assert.ok(!equivalents.has(other), other);
  });
}

test("countries and unknown codes stand for themselves", async () => {
  for (const code of ["99138", "99999", "29999"]) {
    assert.deepEqual([...(await communes.byCode(code)).equivalents()], [code]);
  }
});

test("two communes merged into one are not each other's birthplace", async () => {
  const valserhone = [...(await communes.byCode("01033")).equivalents()];
  assert.ok(valserhone.includes("01091") && valserhone.includes("01205"));
  assert.ok(!(await communes.byCode("01091")).equivalents().has("01205"));
});

test("once loaded, answers come without a promise", () => {
  assert.ok(!(communes.byCode("29019") instanceof Promise));
  assert.ok(!(communes.byName("Brest", "29") instanceof Promise));
});

test("a failed reading is reported to each caller and tried again", async () => {
  const index = buildCommuneIndex([
    { code: "01001", nom: "Ici", departement: "01", type: "commune-actuelle" },
  ]);
  let attempts = 0;
  const directory = createCommuneDirectory(async () => {
    attempts += 1;
    if (attempts === 1) throw new Error("unreadable");
    return index;
  });
  await assert.rejects(async () => directory.byName("Ici", "01"), /unreadable/);
  const found = (await directory.byName("Ici", "01")) as Birthplace;
  assert.deepEqual([...found.codes], ["01001"]);
  assert.equal(attempts, 2);
});
