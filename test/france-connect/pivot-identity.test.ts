import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ServiceError } from "../../src/errors.ts";
import { readPivotClaims } from "../../src/france-connect/introspection.ts";
import { readPivotIdentity } from "../../src/france-connect/pivot-identity.ts";
import { createCommuneDirectory } from "../../src/identity/communes.ts";
import { goodIntrospection } from "./version-2-server.ts";

const communes = createCommuneDirectory();

async function read(different: Record<string, unknown>) {
  const criteria = await readPivotIdentity(readPivotClaims(goodIntrospection(different)), communes);
  return criteria && { ...criteria, birthplace: criteria.birthplace && [...criteria.birthplace.codes] };
}

test("the claims are criteria", async () => {
  assert.deepEqual(await read({}), {
    birthName: "Autorbb",
    givenNames: ["Lance"],
    birthDate: "2005-02-05",
    sex: "M",
    birthplace: ["99138"],
  });
});

suite("given names", () => {
  const cases: [string, Record<string, unknown>, readonly string[]][] = [
    [
      "the list counts before the text",
      { given_name_array: ["Jean Pierre", "Luc"], given_name: "Jean Pierre Luc" },
      ["Jean Pierre", "Luc"],
    ],
    [
      "the text alone is cut at spaces",
      { given_name_array: undefined, given_name: "Angela  Claire Louise" },
      ["Angela", "Claire", "Louise"],
    ],
    ["null is absent", { given_name_array: null, given_name: "Lance" }, ["Lance"]],
    ["twenty at most", { given_name_array: Array(30).fill("Luc") }, Array(20).fill("Luc")],
  ];
  for (const [name, claims, expected] of cases) {
    test(name, async () => assert.deepEqual((await read(claims))?.givenNames, expected));
  }
});

suite("birth dates", () => {
  for (const [given, expected] of [
    ["2005", "2005-00-00"],
    ["2005-07", "2005-07-00"],
    ["2005-07-00", "2005-07-00"],
    ["2005-00-00", "2005-00-00"],
    ["2004-02-29", "2004-02-29"],
  ] as const) {
    test(`${given} is ${expected}`, async () => {
      assert.equal((await read({ birthdate: given }))?.birthDate, expected);
    });
  }
  for (const bad of [
    "2005-02-29",
    "2005-13",
    "2005-00-05",
    "05-02-2005",
    "20050205",
    "1899-01-01",
    "2005-2-5",
    "0000-02-05",
  ]) {
    test(`${bad} is unreadable`, () => assertRefused({ birthdate: bad }, "france_connect_answer_unreadable"));
  }
});

suite("birthplaces", () => {
  const cases: [string, Record<string, unknown>, readonly string[] | undefined][] = [
    ["a commune of France", { birthplace: "29019", birthcountry: "99100" }, ["29019"]],
    ["Corsica", { birthplace: "2A004", birthcountry: "99100" }, ["2A004"]],
    ["abroad, the country", { birthplace: "", birthcountry: "99243" }, ["99243"]],
    ["abroad, whatever stands as commune", { birthplace: "75056", birthcountry: "99243" }, ["99243"]],
    ["France without commune", { birthplace: "", birthcountry: "99100" }, undefined],
    ["a commune without its country", { birthplace: "29019", birthcountry: "" }, undefined],
    ["nothing", { birthplace: undefined, birthcountry: undefined }, undefined],
  ];
  for (const [name, claims, expected] of cases) {
    test(name, async () => assert.deepEqual((await read(claims))?.birthplace, expected));
  }
  for (const bad of [{ birthcountry: "FR" }, { birthcountry: "99100", birthplace: "Brest" }]) {
    test(`${JSON.stringify(bad)} is unreadable`, () =>
      assertRefused(bad, "france_connect_answer_unreadable"));
  }
});

suite("what is missing or matches nobody", () => {
  for (const claim of ["family_name", "birthdate", "gender"]) {
    for (const value of [undefined, null, ""]) {
      test(`${claim} ${value === "" ? "empty" : value}`, () =>
        assertRefused({ [claim]: value }, "france_connect_identity_incomplete"));
    }
  }
  test("no given name in either form", () =>
    assertRefused({ given_name: "", given_name_array: [] }, "france_connect_identity_incomplete"));

  for (const different of [
    { family_name: "Иванов" },
    { family_name: "Robert'); drop table students;--" },
    { family_name: "' - '" },
    { family_name: "A".repeat(101) },
    { given_name_array: ["Lance", "Ζωή"] },
    { gender: "unspecified" },
  ]) {
    test(`${JSON.stringify(different).slice(0, 60)} matches nobody`, async () =>
      assert.equal(await read(different), undefined));
  }
});

async function assertRefused(different: Record<string, unknown>, id: string): Promise<void> {
  await assert.rejects(
    async () => read(different),
    (error) => error instanceof ServiceError && error.id === id,
  );
}
