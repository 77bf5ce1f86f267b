import type { TokenRecord } from "./token-record.ts";

/** What an operator or a partner reads of a token. The first one that applies, in this order. */
export const tokenStatuses = [
  "revoked",
  "expired",
  "suspended",
  "not yet valid",
  "revoked later",
  "expiring",
  "never used",
  "active",
] as const;
export type TokenStatus = (typeof tokenStatuses)[number];

export const dayMs = 86_400_000;
/** A token can be prolonged from this time before its end. */
export const expiringMs = 90 * dayMs;

/** `used`: whether any call was made with the token. */
export function tokenStatus(
  token: Pick<TokenRecord, "validFrom" | "expiresAt" | "revokedAt" | "partnerState">,
  used: boolean,
  now: number,
): TokenStatus {
  const { revokedAt = Number.POSITIVE_INFINITY, partnerState } = token;
  if (now >= revokedAt || partnerState === "terminated") return "revoked";
  if (now >= token.expiresAt) return "expired";
  if (partnerState !== "active") return "suspended";
  if (now < token.validFrom) return "not yet valid";
  if (revokedAt < token.expiresAt) return "revoked later";
  if (now >= token.expiresAt - expiringMs) return "expiring";
  return used ? "active" : "never used";
}
