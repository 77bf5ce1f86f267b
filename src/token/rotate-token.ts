import type { Acting } from "../audit/acting.ts";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import type { RotateTokenRequest } from "../gen/statutetudiant/token/v1/token_pb.ts";
import { checkEtag } from "../storage/etag.ts";
import type { ShownToken } from "./issue-token.ts";
import { newSecret } from "./new-secret.ts";
import { deleteEndedSecrets, endLastSecret, insertSecret } from "./token-change-storage.ts";
import type { SecretRecord } from "./token-record.ts";
import { changeToken, ownToken, refuseEnded, refuseInactive } from "./token-rules.ts";
import { dayMs } from "./token-status.ts";
import { findToken } from "./token-storage.ts";

/** Secrets that ended are told apart from unknown ones for this long. */
const keptMs = 90 * dayMs;

/**
 * Gives a token a new secret beside the last one, which ends with the overlap. Errors: `record_not_found`,
 * `token_already_revoked`, `token_already_expired`, `partner_not_active`, `rotation_running`, `edit_conflict`, `secrets_limited`.
 */
export async function rotateToken(
  transaction: LedgerTransaction,
  acting: Acting,
  { id, etag, overlapDays, lastSecretLost }: RotateTokenRequest,
): Promise<ShownToken> {
  const { knex, now } = transaction;
  const before = await ownToken(transaction, acting, id);
  refuseEnded(before, now);
  refuseInactive(before);
  const running = before.secrets.find((secret) => secret.expiresAt !== undefined && isLive(secret, now));
  if (running?.expiresAt !== undefined && !lastSecretLost) {
    const until = new Date(running.expiresAt).toISOString();
    throw serviceError("rotation_running", { metadata: { until } });
  }
  checkEtag(etag, before.revision);
  const { secret, secretHash } = await newSecret(transaction, acting, before.partnerId);
  const lastEndsAt = now + overlapDays * dayMs;
  await endLastSecret(knex, id, lastEndsAt);
  await deleteEndedSecrets(knex, id, now - keptMs);
  await insertSecret(knex, id, secretHash, now);
  const facts = { lastSecretEndsAt: lastEndsAt, lastSecretLost };
  await changeToken(transaction, "token.rotate", before, {}, undefined, facts);
  return { token: (await findToken(knex, id)) ?? before, secret };
}

/** Whether a secret works, its token aside. */
export function isLive({ expiresAt }: SecretRecord, now: number): boolean {
  return expiresAt === undefined || expiresAt > now;
}
