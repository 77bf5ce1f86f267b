import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  type BreachStanding,
  type BreachStateName,
  type BreachVerb,
  breachWays,
  isOverdue,
  nextBreachState,
  refuseDeadline,
  refuseHastySuspension,
} from "../../src/breach/breach-states.ts";
import { ServiceError } from "../../src/errors.ts";
import { hasId } from "../support/has-id.ts";

const states: BreachStateName[] = ["recorded", "notified", "suspended", "remedied", "closed"];
const verbs = Object.keys(breachWays) as BreachVerb[];

/** Where each verb leads from each state, in the order above; `-` refuses. */
const ways: Readonly<Record<BreachVerb, readonly (BreachStateName | "-")[]>> = {
  assess: ["recorded", "notified", "suspended", "-", "-"],
  notify: ["notified", "notified", "suspended", "-", "-"],
  answer: ["-", "notified", "suspended", "-", "-"],
  remedy: ["-", "remedied", "remedied", "-", "-"],
  close: ["closed", "closed", "closed", "-", "-"],
  suspend: ["suspended", "suspended", "-", "-", "-"],
};

suite("the states of a breach", () => {
  const refusals: string[] = [];
  for (const verb of verbs) {
    for (const [index, state] of states.entries()) {
      test(`${verb} when ${state}`, () => {
        const to = ways[verb][index];
        if (to !== "-") assert.equal(nextBreachState(verb, state), to);
        else assert.throws(() => nextBreachState(verb, state), ServiceError);
      });
      try {
        nextBreachState(verb, state);
      } catch (error) {
        refusals.push(error instanceof ServiceError ? error.id : String(error));
      }
    }
  }

  test("each refused way has an error of its own", () => {
    assert.equal(new Set(refusals).size, refusals.length);
  });
});

const breach: BreachStanding = { state: "notified", severity: "ordinary", remedyBy: "2026-12-01" };

suite("deadlines", () => {
  test("the last day counts whole", () => {
    assert.equal(isOverdue(breach, "2026-12-01"), false);
    assert.equal(isOverdue(breach, "2026-12-02"), true);
    assert.equal(isOverdue({ ...breach, state: "suspended" }, "2026-12-02"), true);
    for (const state of ["recorded", "remedied", "closed"] as const) {
      assert.equal(isOverdue({ ...breach, state }, "2027-01-01"), false);
    }
    assert.equal(isOverdue({ ...breach, remedyBy: "" }, "2027-01-01"), false);
  });

  test("a notice gives a day to come, later than the one before", () => {
    refuseDeadline({ ...breach, remedyBy: "" }, "2026-11-26", "2026-11-25");
    refuseDeadline(breach, "2026-12-02", "2026-11-25");
    const today = "2026-11-25";
    assert.throws(() => refuseDeadline(breach, today, today), hasId("breach_deadline_past"));
    assert.throws(() => refuseDeadline(breach, "2026-12-01", today), hasId("breach_deadline_not_later"));
  });
});

suite("suspension", () => {
  test("serious and persistent breaches suspend at once", () => {
    for (const severity of ["serious", "persistent"] as const) {
      refuseHastySuspension({ ...breach, severity, remedyBy: "" }, "2026-11-25");
    }
  });

  test("an ordinary one suspends after its deadline only", () => {
    const without = { ...breach, remedyBy: "" };
    assert.throws(() => refuseHastySuspension(without, "2026-11-25"), hasId("breach_suspend_without_notice"));
    assert.throws(() => refuseHastySuspension(breach, "2026-12-01"), hasId("breach_suspend_before_deadline"));
    refuseHastySuspension(breach, "2026-12-02");
  });
});
