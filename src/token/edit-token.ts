import type { Acting } from "../audit/acting.ts";
import type { LedgerTransaction } from "../audit/ledger.ts";
import type { SetTokenRateRequest, UpdateTokenRequest } from "../gen/statutetudiant/token/v1/token_pb.ts";
import { checkEtag } from "../storage/etag.ts";
import type { FindProcedure } from "./token-parts.ts";
import type { TokenRecord } from "./token-record.ts";
import {
  approvedScopes,
  changeToken,
  ownToken,
  readNetworks,
  refuseEnded,
  scopesWithin,
} from "./token-rules.ts";

/**
 * Replaces networks and scopes. Errors: `record_not_found`, `token_already_revoked`, `token_already_expired`,
 * `edit_conflict`, `procedure_not_approved`, `scopes_exceed_procedure`, `invalid_request`.
 */
export async function editToken(
  transaction: LedgerTransaction,
  acting: Acting,
  request: UpdateTokenRequest,
  findProcedure: FindProcedure,
): Promise<TokenRecord> {
  const before = await editable(transaction, acting, request);
  const own = before.procedures[0]?.id ?? "";
  const scopes = scopesWithin(request.scopes, approvedScopes(await findProcedure(transaction.knex, own)));
  const allowedNetworks = readNetworks(request.allowedNetworks);
  return changeToken(transaction, "token.edit", before, { scopes, allowedNetworks });
}

/** Errors: `record_not_found`, `token_already_revoked`, `token_already_expired`, `edit_conflict`. */
export async function setTokenRate(
  transaction: LedgerTransaction,
  acting: Acting,
  request: SetTokenRateRequest,
): Promise<TokenRecord> {
  const before = await editable(transaction, acting, request);
  const callsPerSecond = request.callsPerSecond === 0 ? undefined : request.callsPerSecond;
  return changeToken(transaction, "token.set_rate", before, { callsPerSecond }, request.reason);
}

async function editable(
  transaction: LedgerTransaction,
  acting: Acting,
  { id, etag }: { readonly id: string; readonly etag: string },
): Promise<TokenRecord> {
  const before = await ownToken(transaction, acting, id);
  refuseEnded(before, transaction.now);
  checkEtag(etag, before.revision);
  return before;
}
