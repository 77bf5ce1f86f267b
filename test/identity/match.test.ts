import assert from "node:assert/strict";
import { test } from "node:test";
import {
  agreesOnGivenNames,
  type Candidate,
  type IdentityCriteria,
  matchExactly,
  matchVariants,
  prepareSearch,
} from "../../src/identity/match.ts";

const asked: IdentityCriteria = {
  birthName: "Dupré",
  givenNames: ["Jean"],
  birthDate: "2001-05-12",
  sex: "M",
  birthplace: undefined,
};

const stored: Candidate = {
  ine: "0000000001A",
  birthName: "DUPRE",
  givenNames: ["JEAN"],
  birthDate: "2001-05-12",
  sex: "M",
  birthplaceCog: "29019",
};

function birthplace(codes: string[], equivalents: string[] = codes) {
  return { codes: new Set(codes), equivalents: () => new Set([...codes, ...equivalents]) };
}

type Finding = "one" | "none" | "several";

/** What each stage says of people who bear the name. */
function findings(
  criteria: Partial<IdentityCriteria>,
  ...people: readonly Partial<Candidate>[]
): [exact: Finding, variants: Finding] {
  const search = prepareSearch({ ...asked, ...criteria });
  const candidates = people.map((person, index) => ({ ...stored, ine: `000000000${index}A`, ...person }));
  return [matchExactly(search, candidates).finding, matchVariants(search, candidates).finding];
}

const cases: readonly (readonly [
  what: string,
  criteria: Partial<IdentityCriteria>,
  people: readonly Partial<Candidate>[],
  exact: Finding,
  variants: Finding,
])[] = [
  ["the same", {}, [{}], "one", "one"],
  ["nobody", {}, [], "none", "none"],
  ["another given name", {}, [{ givenNames: ["PAUL"] }], "none", "none"],
  ["a given name that starts like it", {}, [{ givenNames: ["JEANNE"] }], "none", "none"],
  ["another sex", {}, [{ sex: "F" }], "none", "none"],
  ["sex unknown to the referential", {}, [{ sex: undefined }], "one", "one"],
  ["sex unknown of a homonym", {}, [{}, { sex: undefined }], "several", "several"],
  ["another day", {}, [{ birthDate: "2001-05-13" }], "none", "none"],
  ["day and month swapped", {}, [{ birthDate: "2001-12-05" }], "none", "none"],
  ["day unknown to the referential", {}, [{ birthDate: "2001-05-00" }], "none", "one"],
  ["month unknown to the referential", {}, [{ birthDate: "2001-00-00" }], "none", "one"],
  ["month unknown, of another year", {}, [{ birthDate: "2000-00-00" }], "none", "none"],
  ["a partial date on both sides", { birthDate: "2001-05-00" }, [{ birthDate: "2001-05-00" }], "one", "one"],
  ["asked less precisely than stored", { birthDate: "2001-05-00" }, [{}], "none", "none"],
  ["month unknown, day asked", { birthDate: "2001-05-00" }, [{ birthDate: "2001-00-00" }], "none", "one"],
  ["full date first", {}, [{}, { birthDate: "2001-05-00" }], "one", "several"],
  ["homonyms", {}, [{}, {}], "several", "several"],
  ["one student found twice", {}, [{ ine: "X" }, { ine: "X" }], "one", "one"],
  ["twins of both sexes", {}, [{}, { sex: "F", givenNames: ["JEANNE"] }], "one", "one"],
  ["twins", { givenNames: ["Paul"] }, [{}, { givenNames: ["PAUL"] }], "one", "one"],
  ["further names missing in the question", {}, [{ givenNames: ["JEAN", "MARIE"] }], "one", "one"],
  ["further names missing in the referential", { givenNames: ["Jean", "Marie"] }, [{}], "one", "one"],
  [
    "some further names missing in the question",
    { givenNames: ["Jean", "Luc"] },
    [{ givenNames: ["JEAN", "MARIE", "LUC"] }],
    "one",
    "one",
  ],
  [
    "contrary further names",
    { givenNames: ["Jean", "Luc"] },
    [{ givenNames: ["JEAN", "MARIE"] }],
    "none",
    "none",
  ],
  [
    "further names that tell homonyms apart",
    { givenNames: ["Jean", "Luc"] },
    [{ givenNames: ["JEAN", "MARIE"] }, { givenNames: ["JEAN", "LUC"] }],
    "one",
    "one",
  ],
  [
    "a homonym without further names",
    { givenNames: ["Jean", "Luc"] },
    [{}, { givenNames: ["JEAN", "LUC"] }],
    "several",
    "several",
  ],
  ["compound in one field", { givenNames: ["Jean Pierre"] }, [{ givenNames: ["JEAN-PIERRE"] }], "one", "one"],
  [
    "compound written in one word",
    { givenNames: ["Jeanpierre"] },
    [{ givenNames: ["JEAN-PIERRE"] }],
    "one",
    "one",
  ],
  [
    "compound asked in two fields",
    { givenNames: ["Jean", "Pierre"] },
    [{ givenNames: ["JEAN-PIERRE"] }],
    "none",
    "one",
  ],
  [
    "compound stored in two",
    { givenNames: ["Jean-Pierre"] },
    [{ givenNames: ["JEAN", "PIERRE"] }],
    "none",
    "one",
  ],
  [
    "all names in one field",
    { givenNames: ["Jean Pierre Luc"] },
    [{ givenNames: ["JEAN", "PIERRE", "LUC"] }],
    "none",
    "one",
  ],
  ["half of a compound", { givenNames: ["Jean"] }, [{ givenNames: ["JEAN-PIERRE"] }], "none", "none"],
  ["more than the compound", { givenNames: ["Jean-Pierre"] }, [{ givenNames: ["JEAN"] }], "none", "none"],
  [
    "a compound and a contrary further name",
    { givenNames: ["Jean", "Pierre", "Luc"] },
    [{ givenNames: ["JEAN-PIERRE", "MARIE"] }],
    "none",
    "none",
  ],
  ["birthplace", { birthplace: birthplace(["29019"]) }, [{}], "one", "one"],
  ["another birthplace", { birthplace: birthplace(["29020"]) }, [{}], "none", "none"],
  [
    "birthplaces that tell homonyms apart",
    { birthplace: birthplace(["29019"]) },
    [{}, { birthplaceCog: "75113" }],
    "one",
    "one",
  ],
  [
    "birthplace unknown to the referential",
    { birthplace: birthplace(["29019"]) },
    [{ birthplaceCog: undefined }],
    "one",
    "one",
  ],
  [
    "birthplace unknown of a homonym",
    { birthplace: birthplace(["29019"]) },
    [{}, { birthplaceCog: undefined }],
    "several",
    "several",
  ],
  [
    "sex and birthplace unknown to the referential, birthplace given",
    { birthplace: birthplace(["29019"]) },
    [{ sex: undefined, birthplaceCog: undefined }],
    "none",
    "none",
  ],
  [
    "sex and birthplace unknown of a homonym, birthplace given",
    { birthplace: birthplace(["29019"]) },
    [{}, { sex: undefined, birthplaceCog: undefined }],
    "several",
    "several",
  ],
  ["born abroad", { birthplace: birthplace(["99138"]) }, [{ birthplaceCog: "99138" }], "one", "one"],
  [
    "born in another country",
    { birthplace: birthplace(["99138"]) },
    [{ birthplaceCog: "99139" }],
    "none",
    "none",
  ],
  [
    "a district of the city",
    { birthplace: birthplace(["75056"], ["75113", "75114"]) },
    [{ birthplaceCog: "75113" }],
    "none",
    "one",
  ],
  [
    "two districts of the city",
    { birthplace: birthplace(["75056"], ["75113", "75114"]) },
    [{ birthplaceCog: "75113" }, { birthplaceCog: "75114" }],
    "none",
    "several",
  ],
  [
    "two communes of one name",
    { birthplace: birthplace(["64181", "64182"]) },
    [{ birthplaceCog: "64182" }],
    "one",
    "one",
  ],
];

for (const [what, criteria, people, exact, variants] of cases) {
  test(what, () => assert.deepEqual(findings(criteria, ...people), [exact, variants]));
}

test("dates: the one asked first, then the less precise ones, three at most", () => {
  const dates = (birthDate: string) => prepareSearch({ ...asked, birthDate }).birthDates;
  assert.deepEqual(dates("2001-05-12"), ["2001-05-12", "2001-05-00", "2001-00-00"]);
  assert.deepEqual(dates("2001-05-00"), ["2001-05-00", "2001-00-00"]);
  assert.deepEqual(dates("2001-00-00"), ["2001-00-00"]);
});

test("agreement on given names does not depend on who asks whom", () => {
  const lists = [
    ["JEAN"],
    ["JEANPIERRE"],
    ["JEAN", "PIERRE"],
    ["JEAN", "PIERRE", "LUC"],
    ["JEANPIERRE", "LUC"],
    ["JEAN", "PIERRELUC"],
    ["MARIE", "JEAN"],
    ["PAUL"],
  ];
  for (const some of lists) {
    assert.ok(agreesOnGivenNames(some, some));
    for (const others of lists) {
      assert.equal(agreesOnGivenNames(some, others), agreesOnGivenNames(others, some), `${some} ${others}`);
    }
  }
});
