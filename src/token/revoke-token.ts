import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Acting } from "../audit/acting.ts";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import type { MarkTokenLeakedRequest, RevokeTokenRequest } from "../gen/statutetudiant/token/v1/token_pb.ts";
import { cancelNotices, insertNotice } from "./notice-storage.ts";
import type { DayOf } from "./token-parts.ts";
import type { TokenRecord } from "./token-record.ts";
import { changeToken, ownToken } from "./token-rules.ts";

/** Clocks differ: an instant that is past by less than this means now. */
const toleranceMs = 60_000;

/**
 * Revokes a token for ever, now or at a date; the sooner of two dates holds. Errors: `record_not_found`,
 * `token_already_revoked`, `token_already_expired`, `revocation_in_past`, `revocation_after_end`,
 * `revocation_already_sooner`.
 */
export async function revokeToken(
  transaction: LedgerTransaction,
  acting: Acting,
  { id, reason, revokeTime }: RevokeTokenRequest,
): Promise<TokenRecord> {
  const { knex, now } = transaction;
  const before = await ownToken(transaction, acting, id);
  const asked = revokeTime === undefined ? now : timestampMs(revokeTime);
  refuseRevocation(before, asked, now);
  const revokedAt = Math.max(asked, now);
  await cancelNotices(knex, id, now);
  return changeToken(transaction, "token.revoke", before, { revokedAt, revokedReason: reason }, reason);
}

function refuseRevocation({ revokedAt, expiresAt }: TokenRecord, asked: number, now: number): void {
  if (revokedAt !== undefined && revokedAt <= now) throw serviceError("token_already_revoked");
  if (now >= expiresAt) throw serviceError("token_already_expired");
  if (asked < now - toleranceMs) throw serviceError("revocation_in_past");
  if (asked >= expiresAt) throw serviceError("revocation_after_end");
  if (revokedAt !== undefined && asked >= revokedAt) {
    const at = new Date(revokedAt).toISOString();
    throw serviceError("revocation_already_sooner", { metadata: { at } });
  }
}

/**
 * Revokes a token at once because others know a secret of it, and lets its contacts be told. One that was revoked
 * before keeps its date. Errors: `record_not_found`, `token_already_leaked`.
 */
export async function markTokenLeaked(
  transaction: LedgerTransaction,
  acting: Acting,
  { id, reason }: MarkTokenLeakedRequest,
  dayOf: DayOf,
): Promise<TokenRecord> {
  const { knex, now } = transaction;
  const before = await ownToken(transaction, acting, id);
  if (before.leakedAt !== undefined) throw serviceError("token_already_leaked");
  await cancelNotices(knex, id, now);
  await insertNotice(knex, { tokenId: id, kind: "leak", tellsOf: now, days: 0, dueAt: now }, dayOf(now), now);
  const ended = before.revokedAt !== undefined && before.revokedAt <= now;
  const revoked = ended ? {} : { revokedAt: now, revokedReason: reason };
  return changeToken(transaction, "token.leak", before, { leakedAt: now, ...revoked }, reason);
}
