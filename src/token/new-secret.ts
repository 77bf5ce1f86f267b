import { createTokenSecret, hashTokenSecret } from "../access/token-secret.ts";
import type { Acting } from "../audit/acting.ts";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import { countSecretsSince } from "./token-change-storage.ts";
import { dayMs } from "./token-status.ts";

/** Secrets that the contacts of one partner are given within a day: every one of them stays in memory. */
const maxSecretsPerDay = 50;

/**
 * A new secret and its hash, which is all that is stored. It goes to a contact of the partner, or to whoever sits at
 * the service's own terminal, and never to an operator's account. Errors: `role_insufficient`, `secrets_limited`.
 */
export async function newSecret(
  { knex, now }: LedgerTransaction,
  acting: Acting,
  partnerId: string,
): Promise<{ readonly secret: string; readonly secretHash: Buffer }> {
  const { kind } = acting.actor;
  if (kind !== "contact" && kind !== "terminal") throw serviceError("role_insufficient");
  if (kind === "contact" && (await countSecretsSince(knex, partnerId, now - dayMs)) >= maxSecretsPerDay) {
    throw serviceError("secrets_limited", { retryAfterMs: dayMs });
  }
  const secret = createTokenSecret();
  return { secret, secretHash: hashTokenSecret(secret) };
}
