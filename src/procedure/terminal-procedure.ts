import { create } from "@bufbuild/protobuf";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import { type ProcedureContent, ProcedureContentSchema } from "../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { createId } from "../storage/create-id.ts";
import { recordChange } from "./change-procedure.ts";
import { scopesOf } from "./procedure-content.ts";
import type { ProcedureRecord } from "./procedure-record.ts";
import { findProcedureByName, insertProcedure, type NewProcedure, updateProcedure } from "./procedure-storage.ts";

export interface TerminalProcedure {
  readonly partnerId: string;
  readonly name: string;
  /** Known scopes, each once. */
  readonly scopes: readonly string[];
}

/**
 * The approved procedure with this name, made when there is none: whoever sits at the terminal approves what it asks
 * for. One that was made there gets the scopes that it lacks; one that a partner described is left as it was
 * approved. Errors: `procedure_not_approved`, `scopes_exceed_procedure`.
 */
export async function ensureTerminalProcedure(
  transaction: LedgerTransaction,
  wanted: TerminalProcedure,
): Promise<{ readonly id: string }> {
  const known = await findProcedureByName(transaction.knex, wanted.partnerId, wanted.name);
  return known === undefined ? make(transaction, wanted) : widen(transaction, known, wanted.scopes);
}

async function make(transaction: LedgerTransaction, wanted: TerminalProcedure): Promise<NewProcedure> {
  const { now } = transaction;
  const made: NewProcedure = {
    ...{ id: createId("prc"), partnerId: wanted.partnerId, name: wanted.name, state: "approved" },
    ...{ proposal: undefined, approved: contentOf(wanted.name, wanted.scopes), closenessApproved: false },
    ...{ decision: undefined, submittedAt: undefined, origin: "terminal" },
    ...{ createdAt: now, updatedAt: now, revision: 1 },
  };
  await insertProcedure(transaction.knex, made, transaction.version);
  recordChange(transaction, "procedure.create", undefined, made);
  return made;
}

async function widen(
  transaction: LedgerTransaction,
  known: ProcedureRecord,
  scopes: readonly string[],
): Promise<ProcedureRecord> {
  if (known.approved === undefined) throw serviceError("procedure_not_approved");
  const approved = scopesOf(known.approved);
  const further = scopes.filter((scope) => !approved.includes(scope));
  if (further.length === 0) return known;
  if (known.origin !== "terminal") {
    throw serviceError("scopes_exceed_procedure", { metadata: { scopes: further.join(",") } });
  }
  const content = contentOf(known.name, [...approved, ...further].sort());
  const after = {
    ...known,
    approved: content,
    updatedAt: transaction.now,
    revision: known.revision + 1,
  };
  await updateProcedure(transaction.knex, after, transaction.version);
  recordChange(transaction, "procedure.widen", known, after);
  return after;
}

function contentOf(name: string, scopes: readonly string[]): ProcedureContent {
  return create(ProcedureContentSchema, { name, scopes: scopes.map((scope) => ({ scope })) });
}
