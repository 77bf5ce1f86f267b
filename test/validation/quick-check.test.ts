import assert from "node:assert/strict";
import { test } from "node:test";
import { create, createRegistry } from "@bufbuild/protobuf";
import {
  LookupByIdentityRequestSchema,
  LookupByIneRequestSchema,
  Sex,
} from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { file_statutetudiant_rules_v1_rules } from "../../src/gen/statutetudiant/rules/v1/rules_pb.ts";
import { GetTokenUsageRequestSchema } from "../../src/gen/statutetudiant/statistics/v1/statistics_pb.ts";
import { compileQuickCheck } from "../../src/validation/quick-check.ts";

const registry = createRegistry(file_statutetudiant_rules_v1_rules);
const recipient = "13002526500013";

test("valid requests never wait for CEL: each rule of the hot messages has its quick form", () => {
  let asked = 0;
  const broken = () => {
    asked += 1;
    return [];
  };
  const ine = compileQuickCheck(LookupByIneRequestSchema, registry, broken);
  const identity = compileQuickCheck(LookupByIdentityRequestSchema, registry, broken);
  const usage = compileQuickCheck(GetTokenUsageRequestSchema, registry, broken);
  assert.equal(asked, 8, "once for each presence of three fields, when the check is compiled");
  assert.ok(
    ine(
      create(LookupByIneRequestSchema, { ine: "951242368CR", recipient, agent: "a", onDate: "2026-10-01" }),
    ),
  );
  const person = {
    birthName: "Dupré",
    givenNames: ["Jean"],
    birthDate: "2001-05-12",
    sex: Sex.MALE,
    recipient,
  };
  assert.ok(identity(create(LookupByIdentityRequestSchema, person)));
  assert.ok(identity(create(LookupByIdentityRequestSchema, { ...person, birthplaceCog: "29019" })));
  assert.ok(usage(create(GetTokenUsageRequestSchema, { startDate: "2026-10-01" })));
  assert.equal(asked, 8);
});

test("what CEL says of a combination of fields is believed", () => {
  const check = compileQuickCheck(LookupByIdentityRequestSchema, registry, () => [
    "birth_commune_name.alone",
  ]);
  const person = {
    birthName: "Dupré",
    givenNames: ["Jean"],
    birthDate: "2001-05-12",
    sex: Sex.MALE,
    recipient,
  };
  assert.ok(!check(create(LookupByIdentityRequestSchema, person)));
});
