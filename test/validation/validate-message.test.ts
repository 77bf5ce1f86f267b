import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescMessage, type MessageInitShape, toJsonString } from "@bufbuild/protobuf";
import {
  LookupByIdentityRequestSchema,
  LookupByIneRequestSchema,
  Sex,
} from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { GetTokenUsageRequestSchema } from "../../src/gen/statutetudiant/statistics/v1/statistics_pb.ts";
import { validateMessage } from "../../src/validation/validate-message.ts";

const ine = { ine: "951242368CR", recipient: "13002526500013" };
const identity = {
  birthName: "Dupré",
  givenNames: ["Jean", "Luc"],
  birthDate: "2001-05-12",
  sex: Sex.MALE,
  recipient: "13002526500013",
};

function broken<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): string[] {
  return validateMessage(schema, create(schema, init)).map(({ field, rule }) => `${field}: ${rule}`);
}

const byIne: readonly (readonly [Partial<MessageInitShape<typeof LookupByIneRequestSchema>>, ...string[]])[] =
  [
    [{}],
    [{ agent: "Service des bourses — élodie 😀", onDate: "2028-02-29" }],
    [{ recipient: "35600000000048" }],
    [{ recipient: "35600000012346" }],
    [{ ine: "" }, "ine: string.ine"],
    [{ ine: "951242368C" }, "ine: string.ine"],
    [{ ine: "951242368CR\n" }, "ine: string.clean"],
    [{ ine: "951242368Cé" }, "ine: string.ine"],
    [{ ine: "95124236 CR" }, "ine: string.ine"],
    [{ recipient: "" }, "recipient: string.siret"],
    [{ recipient: "13002526500014" }, "recipient: string.siret"],
    [{ recipient: "1300252650001" }, "recipient: string.siret"],
    [{ recipient: "130 025 265 00013" }, "recipient: string.siret"],
    [{ recipient: "１３００２５２６５０００１３" }, "recipient: string.siret"],
    [{ agent: "" }, "agent: string.min_len"],
    [{ agent: "a".repeat(100) }],
    [{ agent: "😀".repeat(100) }],
    [{ agent: "a".repeat(101) }, "agent: string.max_len"],
    [{ agent: "a\0b" }, "agent: string.clean"],
    [{ agent: "a\u0085b" }, "agent: string.clean"],
    [{ agent: "a\ud800b" }, "agent: string.clean"],
    [{ agent: "a\ufffdb" }, "agent: string.clean"],
    [{ agent: "a\u202eb" }, "agent: string.pattern"],
    [{ onDate: "2026-02-29" }, "on_date: string.calendar_date"],
    [{ onDate: "1900-02-29" }, "on_date: string.calendar_date"],
    [{ onDate: "2000-02-29" }],
    [{ onDate: "2026-11-31" }, "on_date: string.calendar_date"],
    [{ onDate: "2026-00-00" }, "on_date: string.calendar_date"],
    [{ onDate: "26-01-01" }, "on_date: string.calendar_date"],
    [{ onDate: "" }, "on_date: string.calendar_date"],
    [{ onDate: "2026-01-01T00:00:00Z" }, "on_date: string.calendar_date"],
    [
      { ine: "x", recipient: "y", agent: "" },
      "ine: string.ine",
      "recipient: string.siret",
      "agent: string.min_len",
    ],
  ];

const byIdentity: readonly (readonly [
  Partial<MessageInitShape<typeof LookupByIdentityRequestSchema>>,
  ...string[],
])[] = [
  [{}],
  [
    {
      birthName: "d’Artagnan",
      givenNames: ["İbrahim", "Łukasz", "O\u02bcNeil", "Nguye\u0302\u0303n", "J. P.", "Ann\u2010Lou"],
    },
  ],
  [{ birthDate: "2001-05-00", birthplaceCog: "2A004" }],
  [{ birthDate: "2001-00-00", birthplaceCog: "99138" }],
  [{ birthDate: "2001-00-12" }, "birth_date: string.birth_date"],
  [{ birthDate: "2001-13-00" }, "birth_date: string.birth_date"],
  [{ birthDate: "0000-00-00" }, "birth_date: string.birth_date"],
  [{ birthName: "" }, "birth_name: string.person_name"],
  [{ birthName: " - " }, "birth_name: string.person_name"],
  [{ birthName: "Dupré2" }, "birth_name: string.person_name"],
  [{ birthName: "Иванов" }, "birth_name: string.person_name"],
  [{ birthName: "a".repeat(101) }, "birth_name: string.person_name"],
  [{ birthName: "Dupré; drop table" }, "birth_name: string.person_name"],
  [{ givenNames: [] }, "given_names: repeated.min_items"],
  [{ givenNames: Array.from({ length: 20 }, () => "A") }],
  [{ givenNames: Array.from({ length: 21 }, () => "A") }, "given_names: repeated.max_items"],
  [
    { givenNames: ["Jean", "", "L\0c"] },
    "given_names[2]: string.clean",
    "given_names[1]: string.person_name",
  ],
  [{ sex: Sex.UNSPECIFIED }, "sex: enum.not_in"],
  [{ sex: 7 as Sex }, "sex: enum.defined_only"],
  [{ birthplaceCog: "2C004" }, "birthplace_cog: string.cog"],
  [{ birthplaceCog: "" }, "birthplace_cog: string.cog"],
  [{ birthCommuneName: "Brest", birthDepartment: "29" }],
  [{ birthCommuneName: "Brest", birthDepartment: "00" }, "birth_department: string.department"],
  [{ birthCommuneName: "Brest", birthDepartment: "979" }, "birth_department: string.department"],
  [{ birthCommuneName: "Brest" }, "birth_commune_name: birth_commune_name.alone"],
  [{ birthDepartment: "29" }, "birth_commune_name: birth_commune_name.alone"],
  [
    { birthCommuneName: "Brest", birthDepartment: "29", birthplaceCog: "29019" },
    "birth_commune_name: birth_commune_name.alone",
  ],
];

test("lookup by INE", () => {
  for (const [values, ...expected] of byIne) {
    assert.deepEqual(
      broken(LookupByIneRequestSchema, { ...ine, ...values }),
      expected,
      JSON.stringify(values),
    );
  }
});

test("lookup by identity", () => {
  for (const [values, ...expected] of byIdentity) {
    const found = broken(LookupByIdentityRequestSchema, { ...identity, ...values });
    assert.deepEqual(found, expected, JSON.stringify(values));
  }
});

test("statistics", () => {
  assert.deepEqual(broken(GetTokenUsageRequestSchema, {}), []);
  assert.deepEqual(broken(GetTokenUsageRequestSchema, { startDate: "2026-02-30" }), [
    "start_date: string.calendar_date",
  ]);
});

test("descriptions are French sentences that repeat no value", () => {
  const secret = "SECRET4242";
  const message = create(LookupByIdentityRequestSchema, {
    birthName: `${secret}`,
    givenNames: [`${secret}\0`],
    birthDate: secret,
    birthplaceCog: secret,
    birthCommuneName: secret,
    birthDepartment: secret,
    recipient: secret,
    agent: `${secret}\n`,
    onDate: secret,
  });
  const violations = validateMessage(LookupByIdentityRequestSchema, message);
  assert.equal(violations.length, 10);
  for (const { description } of violations) {
    assert.match(description, /^[A-Zb].*\.$/);
    assert.ok(!description.includes(secret));
  }
  assert.ok(toJsonString(LookupByIdentityRequestSchema, message).includes(secret));
});
