// Which step leads from which state to which, and what each other one is refused with. docs/tokens.md draws it.
import { type ErrorId, serviceError } from "../errors.ts";

export const procedureStates = [
  "draft",
  "requested",
  "changes_requested",
  "refused",
  "approved",
  "withdrawn",
  "closed",
] as const;
export type ProcedureState = (typeof procedureStates)[number];

export const procedureSteps = [
  "edit",
  "submit",
  "approve",
  "request_changes",
  "refuse",
  "withdraw",
  "close",
] as const;
export type ProcedureStep = (typeof procedureSteps)[number];

type Outcome = { readonly to: ProcedureState } | { readonly refused: ErrorId };

const to = (state: ProcedureState): Outcome => ({ to: state });
const refused = (id: ErrorId): Outcome => ({ refused: id });

const underReview = refused("procedure_under_review");
const notSubmitted = refused("procedure_not_submitted");
const alreadyRefused = refused("procedure_already_refused");
const alreadyApproved = refused("procedure_already_approved");
const withdrawn = refused("procedure_withdrawn");
const closed = refused("procedure_closed");

/** What an operator decides on: only what was submitted. */
function decision(state: ProcedureState): Record<ProcedureState, Outcome> {
  return {
    draft: notSubmitted,
    requested: to(state),
    changes_requested: notSubmitted,
    refused: alreadyRefused,
    approved: alreadyApproved,
    withdrawn,
    closed,
  };
}

const procedureTransitions: Readonly<Record<ProcedureStep, Readonly<Record<ProcedureState, Outcome>>>> = {
  edit: {
    draft: to("draft"),
    requested: underReview,
    changes_requested: to("changes_requested"),
    refused: to("draft"),
    approved: to("draft"),
    withdrawn: to("draft"),
    closed,
  },
  submit: {
    draft: to("requested"),
    requested: underReview,
    changes_requested: to("requested"),
    refused: alreadyRefused,
    approved: alreadyApproved,
    withdrawn,
    closed,
  },
  approve: decision("approved"),
  request_changes: decision("changes_requested"),
  refuse: decision("refused"),
  withdraw: {
    draft: to("withdrawn"),
    requested: to("withdrawn"),
    changes_requested: to("withdrawn"),
    refused: to("withdrawn"),
    approved: alreadyApproved,
    withdrawn,
    closed,
  },
  close: {
    draft: to("closed"),
    requested: underReview,
    changes_requested: to("closed"),
    refused: to("closed"),
    approved: to("closed"),
    withdrawn: to("closed"),
    closed,
  },
};

/**
 * The state after a step. Whoever withdraws an edit of an approved procedure is left with what was approved. Errors:
 * that of the table, for a step that the state does not allow.
 */
export function nextState(step: ProcedureStep, state: ProcedureState, wasApproved: boolean): ProcedureState {
  const outcome = procedureTransitions[step][state];
  if ("refused" in outcome) throw serviceError(outcome.refused);
  return outcome.to === "withdrawn" && wasApproved ? "approved" : outcome.to;
}
