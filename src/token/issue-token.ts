import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Acting, ownOnly } from "../audit/acting.ts";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import type { IssueTokenRequest } from "../gen/statutetudiant/token/v1/token_pb.ts";
import { createId } from "../storage/create-id.ts";
import { newSecret } from "./new-secret.ts";
import { insertToken, type NewToken } from "./token-change-storage.ts";
import type { FindProcedure } from "./token-parts.ts";
import type { TokenRecord } from "./token-record.ts";
import { approvedScopes, endOf, readNetworks, refuseInactive, scopesWithin } from "./token-rules.ts";
import { dayMs } from "./token-status.ts";
import { findServingTokens, findToken } from "./token-storage.ts";

/** A token with its secret, of which this is the only copy. */
export interface ShownToken {
  readonly token: TokenRecord;
  readonly secret: string;
}

/** A token can be issued this long before it is accepted. */
const maxAheadMs = 90 * dayMs;

/**
 * Issues the one token of an approved procedure. Errors: `record_not_found`, `partner_not_active`,
 * `procedure_not_approved`, `procedure_has_token`, `scopes_exceed_procedure`, `secrets_limited`, `invalid_request`.
 */
export async function issueToken(
  transaction: LedgerTransaction,
  acting: Acting,
  request: IssueTokenRequest,
  findProcedure: FindProcedure,
): Promise<ShownToken> {
  const { knex, now } = transaction;
  const procedure = ownOnly(acting, await findProcedure(knex, request.procedureId));
  refuseInactive(procedure);
  const approved = approvedScopes(procedure);
  if ((await findServingTokens(knex, procedure.id, now, "lasting")).length > 0)
    throw serviceError("procedure_has_token");
  const validFrom = readStart(request, now);
  const scopes = scopesWithin(request.scopes.length > 0 ? request.scopes : approved, approved);
  const allowedNetworks = readNetworks(request.allowedNetworks);
  const { secret, secretHash } = await newSecret(transaction, acting, procedure.partnerId);
  const token = await storeToken(transaction, procedure.partnerId, {
    ...{ id: createId("tok"), procedureId: procedure.id, secretHash, scopes, allowedNetworks },
    ...{ callsPerSecond: undefined, createdAt: now, validFrom, origin: "contact" },
    expiresAt: endOf(validFrom, request.validDays),
  });
  return { token, secret };
}

function readStart({ validFrom }: IssueTokenRequest, now: number): number {
  if (validFrom === undefined) return now;
  const start = timestampMs(validFrom);
  if (start < now || start > now + maxAheadMs) {
    const violations = [{ field: "valid_from", description: "Doit se situer dans les 90 jours à venir." }];
    throw serviceError("invalid_request", { violations });
  }
  return start;
}

/** Stores a token and records it, as issued by a contact or at the terminal. */
export async function storeToken(
  { knex, version, record }: LedgerTransaction,
  partnerId: string,
  token: NewToken,
): Promise<TokenRecord> {
  await insertToken(knex, token, version);
  const { id, secretHash: _, ...after } = token;
  record({ action: "token.issue", subject: id, partnerId, after });
  const stored = await findToken(knex, id);
  if (stored === undefined) throw serviceError("internal", { cause: new Error("the token is not stored") });
  return stored;
}
