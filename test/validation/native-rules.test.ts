// The native forms against the CEL of the contracts, run by protovalidate with its own RE2 engine, on generated
// texts. The seed is fixed: a failure comes again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create, createRegistry, type MessageInitShape } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import {
  LookupByIdentityRequestSchema,
  LookupByIneRequestSchema,
} from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { file_statutetudiant_rules_v1_rules } from "../../src/gen/statutetudiant/rules/v1/rules_pb.ts";
import { PublishTermsRequestSchema } from "../../src/gen/statutetudiant/terms/v1/terms_pb.ts";
import { nativeStringRules } from "../../src/validation/native-rules.ts";
import { isCleanLines, isCleanText } from "../../src/validation/text-quality.ts";
import { validateMessage } from "../../src/validation/validate-message.ts";

const reference = createValidator({ registry: createRegistry(file_statutetudiant_rules_v1_rules) });

/** Valid and nearly valid texts of each rule, from which others are made. */
const examples: Readonly<Record<string, readonly string[]>> = {
  "string.ine": ["951242368CR", "0100008010j", "abcdefghijk"],
  "string.siret": ["13002526500013", "35600000000048", "35600000012346", "35600000012344", "00000000000000"],
  "string.calendar_date": [
    "2024-02-29",
    "2023-02-28",
    "1900-02-29",
    "2000-02-29",
    "2100-02-29",
    "2199-12-31",
    "1999-04-30",
  ],
  "string.birth_date": [
    "2024-02-29",
    "2023-02-29",
    "2001-05-00",
    "2001-00-00",
    "2001-00-12",
    "1900-02-29",
    "2001-06-30",
  ],
  "string.cog": ["29019", "2A004", "2B033", "97105", "99138", "00000"],
  "string.department": ["01", "95", "2A", "2B", "971", "978", "984", "989", "20", "96"],
  "string.person_name": [
    "Dupré",
    "d’Artagnan",
    "Nguye\u0302\u0303n",
    "J.-P.",
    "\u0301",
    " ",
    "O\u02bcNeil",
    "a\u2010b\u2011c",
    "ŒÆẞØĐŁÞ",
    "x".repeat(100),
    "é".repeat(101),
    `${"a\u0301".repeat(50)}`,
    "𐞀".repeat(60),
    "ª",
    "ʰ",
    "Ⅷ",
  ],
  "string.lines": [
    "# Titre\n\n- un\ttab\n",
    "Ж\r\n",
    "une\u0085ligne",
    "\ufffd",
    "a\ud800",
    "\ue000",
    "😀\n",
  ],
};

const alphabet = [
  ..."0123456789ABCDabcdéÉŒœßİıŁø .'-’ʼ‐‑‒–_/\\,;:\"<>&%$#@!?*()[]{}|^~`\n\r\t\0\u0085\u00a0\u00ad\u200b\u200d\u202e\u2028\ufeff",
  ..."ЖπשعﬁＡ１٣漢かḀ\u0301\u0327\u0483",
  "\ud800",
  "\udc00",
  "😀",
  "𝒜",
  "\ufffd",
  "",
];

/** mulberry32 */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function pick<T>(values: readonly T[], random: (below: number) => number): T {
  return values[random(values.length)] as T;
}

/** An example after 0 to 3 small changes. */
function makeText(rule: string, random: (below: number) => number): string {
  let text = pick(examples[rule] ?? [], random);
  for (let changes = random(4); changes > 0; changes--) {
    const at = random(text.length + 1);
    const added = random(3) === 0 ? pick(alphabet, random) : String(random(10));
    text = text.slice(0, at) + (random(4) === 0 ? "" : added) + text.slice(at + random(2));
  }
  return text;
}

const identity = {
  birthName: "Dupré",
  givenNames: ["Jean"],
  birthDate: "2001-05-12",
  sex: 1,
  recipient: "13002526500013",
} satisfies MessageInitShape<typeof LookupByIdentityRequestSchema>;

const terms = {
  requestId: "1",
  version: "1",
  effectiveDate: "2026-01-01",
  reason: "essai",
  summary: "Rien.",
};

/** A request whose only doubtful text is this one. */
const withText: Readonly<Record<string, (text: string) => readonly string[]>> = {
  "string.ine": (ine) => brokenRules(LookupByIneRequestSchema, { ine, recipient: identity.recipient }),
  "string.siret": (recipient) => brokenRules(LookupByIdentityRequestSchema, { ...identity, recipient }),
  "string.calendar_date": (onDate) => brokenRules(LookupByIdentityRequestSchema, { ...identity, onDate }),
  "string.birth_date": (birthDate) => brokenRules(LookupByIdentityRequestSchema, { ...identity, birthDate }),
  "string.cog": (birthplaceCog) => brokenRules(LookupByIdentityRequestSchema, { ...identity, birthplaceCog }),
  "string.department": (birthDepartment) =>
    brokenRules(LookupByIdentityRequestSchema, { ...identity, birthDepartment, birthCommuneName: "Brest" }),
  "string.person_name": (birthName) => brokenRules(LookupByIdentityRequestSchema, { ...identity, birthName }),
  "string.lines": (markdown) =>
    brokenRules(PublishTermsRequestSchema, { ...terms, markdown: `.${markdown}` }),
};

type RequestSchema =
  | typeof LookupByIneRequestSchema
  | typeof LookupByIdentityRequestSchema
  | typeof PublishTermsRequestSchema;

/** Ids of the rules that the reference finds broken. */
function brokenRules(schema: RequestSchema, init: object): readonly string[] {
  const result = reference.validate(schema, create(schema, init) as never);
  if (result.kind === "error") throw result.error;
  return (result.violations ?? []).map(({ ruleId }) => ruleId);
}

const textsPerRule = 3000;

for (const [rule, isValid] of Object.entries(nativeStringRules)) {
  test(`${rule} says what its CEL says`, () => {
    const random = createRandom(20_261_123);
    let valid = 0;
    for (let index = 0; index < textsPerRule; index++) {
      const text = makeText(rule, random);
      const expected = withText[rule]?.(text).length === 0;
      assert.equal(isValid(text), expected, JSON.stringify(text));
      const isClean = rule === "string.lines" ? isCleanLines : isCleanText;
      assert.ok(!expected || isClean(text), `valid but not clean: ${JSON.stringify(text)}`);
      if (expected) valid += 1;
    }
    assert.ok(valid > textsPerRule / 20 && valid < (textsPerRule * 19) / 20, `${valid} were valid`);
  });
}

test("whole requests are valid exactly when the reference says so and their texts are clean", () => {
  const random = createRandom(4242);
  const maybe = <T>(value: () => T): T | undefined => (random(2) === 0 ? value() : undefined);
  const text = (rule: string) => (random(4) === 0 ? makeText(rule, random) : (examples[rule]?.[0] ?? ""));
  const agents = ["agent", "", "a".repeat(100), "😀".repeat(101), "a\0", "a\ufffd", "\u202e", "é—😀"];
  let valid = 0;
  for (let index = 0; index < 3000; index++) {
    const init = {
      birthName: text("string.person_name"),
      givenNames: Array.from({ length: pick([0, 1, 1, 1, 2, 20, 21], random) }, () =>
        random(8) === 0 ? text("string.person_name") : "Jean",
      ),
      birthDate: text("string.birth_date"),
      sex: pick([1, 2, 1, 2, 1, 2, 0, 3], random),
      birthplaceCog: maybe(() => text("string.cog")),
      birthCommuneName: maybe(() => text("string.person_name")),
      birthDepartment: maybe(() => text("string.department")),
      recipient: text("string.siret"),
      agent: maybe(() => pick(agents, random)),
      onDate: maybe(() => text("string.calendar_date")),
    };
    const present = Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined));
    const message = create(LookupByIdentityRequestSchema, present);
    const texts = Object.values(present)
      .flat()
      .filter((value) => typeof value === "string");
    const expected =
      brokenRules(LookupByIdentityRequestSchema, present).length === 0 && texts.every(isCleanText);
    const violations = validateMessage(LookupByIdentityRequestSchema, message);
    assert.equal(violations.length === 0, expected, JSON.stringify(present));
    if (expected) valid += 1;
  }
  assert.ok(valid > 100, `${valid} were valid`);
});
