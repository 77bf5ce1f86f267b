import { toJson } from "@bufbuild/protobuf";
import { type Acting, ownOnly } from "../audit/acting.ts";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { type Procedure, ProcedureContentSchema } from "../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { checkEtag } from "../storage/etag.ts";
import { describeProcedure } from "./procedure-message.ts";
import type { ProcedureRecord } from "./procedure-record.ts";
import { nextState, type ProcedureStep } from "./procedure-states.ts";
import { findProcedure, type NewProcedure, updateProcedure } from "./procedure-storage.ts";

/** What a step may change of a procedure, beside its state. */
type Changes = Partial<
  Pick<ProcedureRecord, "proposal" | "approved" | "name" | "closenessApproved" | "decision" | "submittedAt">
>;

export interface StepRequest {
  readonly id: string;
  readonly etag: string;
  readonly reason?: string;
}

/**
 * Takes a procedure one step on, records it, and gives it as it stands then. Errors: `record_not_found`, those of the
 * step that the state does not allow, `edit_conflict`, and those of `change`.
 */
export async function changeProcedure(
  transaction: LedgerTransaction,
  acting: Acting,
  request: StepRequest,
  step: ProcedureStep,
  change: (record: ProcedureRecord) => Promise<Changes>,
): Promise<{ procedure: Procedure }> {
  const { knex, now, version } = transaction;
  const before = ownOnly(acting, await findProcedure(knex, request.id));
  const state = nextState(step, before.state, before.approved !== undefined);
  checkEtag(request.etag, before.revision);
  const changes = await change(before);
  const after = { ...before, ...changes, state, updatedAt: now, revision: before.revision + 1 };
  await updateProcedure(knex, after, version);
  recordChange(transaction, `procedure.${step}`, before, after, request.reason);
  return { procedure: describeProcedure(after) };
}

export function recordChange(
  { record }: LedgerTransaction,
  action: string,
  before: NewProcedure | undefined,
  after: NewProcedure,
  reason?: string,
): void {
  record({
    action,
    subject: after.id,
    partnerId: after.partnerId,
    ...(reason === undefined || reason === "" ? {} : { reason }),
    ...(before === undefined ? {} : { before: audited(before) }),
    after: audited(after),
  });
}

function audited({ state, proposal, approved, closenessApproved }: NewProcedure) {
  return {
    state,
    ...(proposal === undefined ? {} : { proposal: toJson(ProcedureContentSchema, proposal) }),
    ...(approved === undefined
      ? {}
      : { approved: toJson(ProcedureContentSchema, approved), closenessApproved }),
  };
}

/** A decision of an operator, or at the terminal, which acts for the ministry unless it says so. */
export function decisionOf(
  { now }: LedgerTransaction,
  { actor: { body } }: Acting,
  reason: string,
): NonNullable<ProcedureRecord["decision"]> {
  return { reason, body: body === "dinum" ? "dinum" : "ministry", at: now };
}
