import type { Clock } from "../clock.ts";
import { type ServiceError, serviceError } from "../errors.ts";
import type { AccessDirectory, AccessEntry } from "./access-directory.ts";
import type { Caller } from "./caller.ts";
import { type CredentialHeaders, readCredential } from "./credential.ts";
import { isInNetworks } from "./network.ts";
import { hashTokenSecret, hasTokenShape } from "./token-secret.ts";

export interface Credentials extends CredentialHeaders {
  /** Address of the caller, behind trusted proxies. */
  readonly clientAddress: string;
}

/**
 * Finds the caller of a token and checks that it may call now from there. It is synchronous and reads no storage.
 *
 * Order of the checks, from what no other token property can change to what the caller can mend by itself:
 * `invalid_request` (two different credentials), `token_missing`, `token_unknown`, then for a token that exists
 * `token_revoked` (or its partner terminated), `token_expired`, `token_not_yet_valid`, `partner_suspended`,
 * `address_refused`. A stranger, who has no secret, only ever sees the first three. `storage_unavailable` when the
 * directory cannot vouch for its tokens.
 */
export type Authenticate = (credentials: Credentials) => Caller;

export function createAuthenticator(directory: AccessDirectory, clock: Clock): Authenticate {
  return (credentials) => {
    const credential = readCredential(credentials);
    if (credential === "") throw serviceError("token_missing");
    // The directory is in memory: the checksum, which spares a look into a database, would cost more than the look.
    const entry = hasTokenShape(credential) ? directory.find(hashTokenSecret(credential)) : undefined;
    if (entry === undefined) throw serviceError("token_unknown");
    const refusal = judgeEntry(entry, credentials.clientAddress, clock.now());
    if (refusal === undefined) return entry.caller;
    refusedCallers.set(refusal, entry.caller);
    throw refusal;
  };
}

/** Whose token it was that an error of `Authenticate` refused, for the journal; undefined for a stranger. */
export function refusedCaller(error: unknown): Caller | undefined {
  return typeof error === "object" && error !== null ? refusedCallers.get(error) : undefined;
}

// Beside the error and not on it: nothing of it can reach the caller.
const refusedCallers = new WeakMap<object, Caller>();

function judgeEntry(entry: AccessEntry, clientAddress: string, now: number): ServiceError | undefined {
  const { caller, partnerState, revokedAt } = entry;
  const revoked = revokedAt !== undefined && now >= revokedAt;
  if (revoked || partnerState === "terminated") return serviceError("token_revoked");
  if (now >= caller.expiresAt) return serviceError("token_expired");
  if (now < caller.validFrom) return serviceError("token_not_yet_valid");
  if (partnerState !== "active") return serviceError("partner_suspended");
  if (caller.allowedNetworks.length > 0 && !isInNetworks(clientAddress, caller.allowedNetworks)) {
    return serviceError("address_refused");
  }
  return undefined;
}
