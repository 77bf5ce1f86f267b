import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ServiceError } from "../../src/errors.ts";
import {
  nextPartnerState,
  type PartnerStateName,
  type PartnerVerb,
  partnerWays,
  refuseClosed,
} from "../../src/partner/partner-states.ts";
import { hasId } from "../support/has-id.ts";

/** All that leads somewhere, written out once more. */
const ways: Readonly<Record<string, PartnerStateName>> = {
  "activate requested": "active",
  "suspend active": "suspended",
  "reinstate suspended": "active",
  "terminate requested": "terminated",
  "terminate active": "terminated",
  "terminate suspended": "terminated",
};

suite("the states of a partner", () => {
  const verbs = Object.keys(partnerWays) as PartnerVerb[];
  const states: PartnerStateName[] = ["requested", "active", "suspended", "terminated"];
  const refusals: string[] = [];
  for (const verb of verbs) {
    for (const state of states) {
      test(`${verb} when ${state}`, () => {
        const to = ways[`${verb} ${state}`];
        if (to !== undefined) assert.equal(nextPartnerState(verb, state), to);
        else assert.throws(() => nextPartnerState(verb, state), hasId(`partner_${verb}_${state}`));
      });
      try {
        nextPartnerState(verb, state);
      } catch (error) {
        refusals.push(error instanceof ServiceError ? error.id : String(error));
      }
    }
  }

  test("each refused way has an error of its own", () => {
    assert.equal(refusals.length, verbs.length * states.length - Object.keys(ways).length);
    assert.equal(new Set(refusals).size, refusals.length);
  });

  test("only what is terminated is closed", () => {
    for (const state of states.slice(0, 3)) refuseClosed(state);
    assert.throws(() => refuseClosed("terminated"), hasId("partner_closed"));
  });
});
