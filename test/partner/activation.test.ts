import assert from "node:assert/strict";
import { test } from "node:test";
import { ServiceError } from "../../src/errors.ts";
import {
  type ActivationFacts,
  missingForActivation,
  refuseIncomplete,
} from "../../src/partner/activation.ts";

const complete: ActivationFacts = {
  isEligibilityVerified: true,
  isFranceConnectDeclared: true,
  currentTerms: "2026-11",
  isCurrentTermsAccepted: true,
  contactRoles: new Set(["technical", "administrative"]),
};

const gaps: [string, Partial<ActivationFacts>][] = [
  ["eligibility", { isEligibilityVerified: false }],
  ["france_connect", { isFranceConnectDeclared: false }],
  ["terms", { isCurrentTermsAccepted: false }],
  ["technical_contact", { contactRoles: new Set(["administrative", "business"]) }],
  ["administrative_contact", { contactRoles: new Set(["technical", "data_protection"]) }],
];

test("nothing is missing of what is complete", () => {
  assert.deepEqual(missingForActivation(complete), []);
  refuseIncomplete(complete);
});

for (const [name, gap] of gaps) {
  test(`${name} alone is missed alone`, () => {
    assert.deepEqual(missingForActivation({ ...complete, ...gap }), [name]);
  });
}

test("no version in force is a version that nobody accepted", () => {
  const facts = { ...complete, currentTerms: undefined, isCurrentTermsAccepted: true };
  assert.deepEqual(missingForActivation(facts), ["terms"]);
});

test("all that is missing is named at once, each with its own metadata", () => {
  const nothing: ActivationFacts = {
    isEligibilityVerified: false,
    isFranceConnectDeclared: false,
    currentTerms: "2026-11",
    isCurrentTermsAccepted: false,
    contactRoles: new Set(),
  };
  assert.throws(
    () => refuseIncomplete(nothing),
    (error: unknown) => {
      assert.ok(error instanceof ServiceError);
      assert.equal(error.id, "activation_incomplete");
      assert.deepEqual(
        Object.keys(error.options.metadata ?? {}),
        gaps.map(([name]) => name),
      );
      assert.equal(error.options.metadata?.["terms"], "2026-11");
      assert.match(
        error.rawMessage,
        /éligibilité .* FranceConnect .* conditions .* technique .* administratif/,
      );
      return true;
    },
  );
});
