import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ServiceError } from "../../src/errors.ts";
import {
  nextState,
  type ProcedureState,
  type ProcedureStep,
  procedureStates,
  procedureSteps,
} from "../../src/procedure/procedure-states.ts";

/** Every step from every state: the state after it, or the error. Written apart from the table that it checks. */
const expected: Record<ProcedureStep, Record<ProcedureState, string>> = {
  edit: row("draft", "UNDER_REVIEW", "changes_requested", "draft", "draft", "draft"),
  submit: row("requested", "UNDER_REVIEW", "requested", "ALREADY_REFUSED", "ALREADY_APPROVED", "WITHDRAWN"),
  approve: decided("approved"),
  request_changes: decided("changes_requested"),
  refuse: decided("refused"),
  withdraw: row("withdrawn", "withdrawn", "withdrawn", "withdrawn", "ALREADY_APPROVED", "WITHDRAWN"),
  close: row("closed", "UNDER_REVIEW", "closed", "closed", "closed", "closed"),
};

function row(
  draft: string,
  requested: string,
  changesRequested: string,
  refused: string,
  approved: string,
  withdrawn: string,
): Record<ProcedureState, string> {
  return {
    draft,
    requested,
    changes_requested: changesRequested,
    refused,
    approved,
    withdrawn,
    closed: "CLOSED",
  };
}

function decided(state: string) {
  return row("NOT_SUBMITTED", state, "NOT_SUBMITTED", "ALREADY_REFUSED", "ALREADY_APPROVED", "WITHDRAWN");
}

function outcomeOf(step: ProcedureStep, state: ProcedureState, wasApproved = false): string {
  try {
    return nextState(step, state, wasApproved);
  } catch (error) {
    assert.ok(error instanceof ServiceError);
    return error.id.replace("procedure_", "").toUpperCase();
  }
}

for (const step of procedureSteps) {
  suite(step, () => {
    for (const state of procedureStates) {
      const outcome = expected[step][state];
      test(`from ${state}: ${outcome}`, () => assert.equal(outcomeOf(step, state), outcome));
    }
  });
}

test("what was approved is left when an edit of it is withdrawn", () => {
  for (const state of ["draft", "requested", "changes_requested", "refused"] as const) {
    assert.equal(outcomeOf("withdraw", state, true), "approved");
  }
});

test("no step leaves what is closed", () => {
  for (const step of procedureSteps) assert.equal(outcomeOf(step, "closed", true), "CLOSED");
});

test("every state but the first can be reached, and every state but the last be left", () => {
  const steps = procedureSteps.flatMap((step) =>
    procedureStates.map((from) => ({ from, to: expected[step][from] })),
  );
  for (const state of procedureStates) {
    assert.ok(state === "draft" || steps.some(({ from, to }) => from !== state && to === state), state);
    assert.equal(state === "closed", !steps.some(({ from, to }) => from === state && /^[a-z_]+$/.test(to)));
  }
});
