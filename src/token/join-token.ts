// The procedures of a token: one, and others only if their purposes are close and they need the same data (article 2).
import { type Acting, ownOnly } from "../audit/acting.ts";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import type { JoinTokenRequest, LeaveTokenRequest } from "../gen/statutetudiant/token/v1/token_pb.ts";
import { deleteProcedureOf, insertProcedureOf } from "./token-change-storage.ts";
import type { FindProcedure, ServedProcedure } from "./token-parts.ts";
import type { TokenRecord } from "./token-record.ts";
import { approvedScopes, changeToken, ownToken, refuseEnded, refuseInactive } from "./token-rules.ts";
import { findServingTokens } from "./token-storage.ts";

/**
 * Lets another procedure use a token. Errors: `record_not_found`, `token_already_revoked`, `token_already_expired`,
 * `partner_not_active`, `procedure_not_approved`, `procedure_has_token`, `closeness_not_declared`,
 * `closeness_not_approved`, `scopes_not_the_same`.
 */
export async function joinToken(
  transaction: LedgerTransaction,
  acting: Acting,
  { id, procedureId }: JoinTokenRequest,
  findProcedure: FindProcedure,
): Promise<TokenRecord> {
  const { knex, now } = transaction;
  const before = await ownToken(transaction, acting, id);
  refuseEnded(before, now);
  refuseInactive(before);
  const procedure = ownOnly(
    { ...acting, partnerId: before.partnerId },
    await findProcedure(knex, procedureId),
  );
  approvedScopes(procedure);
  if ((await findServingTokens(knex, procedureId, now, "lasting")).length > 0)
    throw serviceError("procedure_has_token");
  refuseDistant(procedure, before);
  for (const served of before.procedures) {
    const other = approvedScopes(await findProcedure(knex, served.id));
    if (!areSame(approvedScopes(procedure), other)) throw serviceError("scopes_not_the_same");
  }
  await insertProcedureOf(knex, id, procedureId, now);
  const procedures = [...before.procedures, { id: procedureId, name: procedure.name }];
  return changeToken(transaction, "token.join", before, { procedures });
}

function refuseDistant({ closeTo, closenessApproved }: ServedProcedure, token: TokenRecord): void {
  if (closeTo === undefined || !token.procedures.some(({ id }) => id === closeTo)) {
    throw serviceError("closeness_not_declared");
  }
  if (!closenessApproved) throw serviceError("closeness_not_approved");
}

export function areSame(scopes: readonly string[], others: readonly string[]): boolean {
  return scopes.length === others.length && scopes.every((scope) => others.includes(scope));
}

/**
 * Takes a procedure that joined off a token. Errors: `record_not_found`, `token_already_revoked`,
 * `token_already_expired`, `procedure_not_on_token`, `token_own_procedure`.
 */
export async function leaveToken(
  transaction: LedgerTransaction,
  acting: Acting,
  { id, procedureId }: LeaveTokenRequest,
): Promise<TokenRecord> {
  const before = await ownToken(transaction, acting, id);
  refuseEnded(before, transaction.now);
  const place = before.procedures.findIndex((served) => served.id === procedureId);
  if (place === -1) throw serviceError("procedure_not_on_token");
  if (place === 0) throw serviceError("token_own_procedure");
  await deleteProcedureOf(transaction.knex, id, procedureId);
  const procedures = before.procedures.filter((served) => served.id !== procedureId);
  return changeToken(transaction, "token.leave", before, { procedures });
}
