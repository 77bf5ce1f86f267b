import type { AccessRecord } from "./access-storage.ts";

/** What an operator or a partner reads of a token. The first one that applies, in this order. */
export type TokenStatus =
  | "revoked"
  | "expired"
  | "suspended"
  | "not yet valid"
  | "revoked later"
  | "expiring"
  | "active";

/** A token can be prolonged from this time before its end. */
const expiringMs = 90 * 86_400_000;

export function tokenStatus(token: AccessRecord, now: number): TokenStatus {
  const { revokedAt = Number.POSITIVE_INFINITY, partnerState } = token;
  if (now >= revokedAt || partnerState === "terminated") return "revoked";
  if (now >= token.expiresAt) return "expired";
  if (partnerState !== "active") return "suspended";
  if (now < token.validFrom) return "not yet valid";
  if (revokedAt < token.expiresAt) return "revoked later";
  return now >= token.expiresAt - expiringMs ? "expiring" : "active";
}
