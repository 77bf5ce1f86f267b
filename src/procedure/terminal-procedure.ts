import { clone, create } from "@bufbuild/protobuf";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import {
  type ProcedureContent,
  ProcedureContentSchema,
  ScopeNeedSchema,
} from "../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { unmailableNameAtTerminal } from "../mail/unmailable-name.ts";
import { createId } from "../storage/create-id.ts";
import { recordChange } from "./change-procedure.ts";
import { scopesOf } from "./procedure-content.ts";
import type { ProcedureRecord } from "./procedure-record.ts";
import {
  findProcedureByName,
  insertProcedure,
  type NewProcedure,
  updateProcedure,
} from "./procedure-storage.ts";
import type { ApprovedUse } from "./procedures.ts";

export interface TerminalProcedure {
  readonly partnerId: string;
  readonly name: string;
  /** Known scopes, each once. */
  readonly scopes: readonly string[];
}

export interface TerminalProcedureParts {
  /** Tells tokens what is approved now. */
  readonly follow: (use: ApprovedUse) => Promise<void>;
  /** Whether a text may not stand in an e-mail. */
  readonly isUnmailable: (text: string) => boolean;
}

/**
 * The approved procedure with this name, made when there is none: whoever sits at the terminal approves what it asks
 * for. One that was made there gets the scopes that it lacks; one that a partner described is left as it was
 * approved. Errors: `procedure_not_approved`, `scopes_exceed_procedure`, `invalid_request` for a new name that no letter
 * could say.
 */
export async function ensureTerminalProcedure(
  transaction: LedgerTransaction,
  wanted: TerminalProcedure,
  { follow, isUnmailable }: TerminalProcedureParts,
): Promise<{ readonly id: string }> {
  const known = await findProcedureByName(transaction.knex, wanted.partnerId, wanted.name);
  if (known === undefined) {
    if (isUnmailable(wanted.name)) {
      throw serviceError("invalid_request", { violations: [unmailableNameAtTerminal("procedure_name")] });
    }
    return make(transaction, wanted);
  }
  const further = furtherScopes(known, wanted.scopes);
  if (further.length === 0) return known;
  const widened = await widen(transaction, known, further);
  await follow({
    procedureId: known.id,
    scopes: scopesOf(widened.approved),
    closeTo: known.closenessApproved ? known.approved?.closeTo?.procedureId : undefined,
  });
  return known;
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

/** Errors: `procedure_not_approved`, and `scopes_exceed_procedure` when a partner described the procedure. */
function furtherScopes({ approved, origin }: ProcedureRecord, scopes: readonly string[]): string[] {
  if (approved === undefined) throw serviceError("procedure_not_approved");
  const known = scopesOf(approved);
  const further = scopes.filter((scope) => !known.includes(scope));
  if (further.length > 0 && origin !== "terminal") {
    throw serviceError("scopes_exceed_procedure", { metadata: { scopes: further.join(",") } });
  }
  return further;
}

async function widen(
  transaction: LedgerTransaction,
  known: ProcedureRecord,
  further: readonly string[],
): Promise<{ readonly approved: ProcedureContent }> {
  const content = clone(ProcedureContentSchema, known.approved ?? create(ProcedureContentSchema));
  content.scopes.push(...needs(further).map((need) => create(ScopeNeedSchema, need)));
  const changes = { approved: content, updatedAt: transaction.now, revision: known.revision + 1 };
  const after = { ...known, ...changes };
  await updateProcedure(transaction.knex, after, transaction.version);
  recordChange(transaction, "procedure.widen", known, after);
  return { approved: content };
}

function contentOf(name: string, scopes: readonly string[]): ProcedureContent {
  return create(ProcedureContentSchema, { name, scopes: needs(scopes) });
}

function needs(scopes: readonly string[]) {
  return [...new Set(scopes)].sort().map((scope) => ({ scope }));
}
