// Who is logged in, for whom is asked, and what may be answered: everything that a FranceConnect token must pass
// before a lookup.
import { hash } from "node:crypto";
import type { Caller } from "../access/caller.ts";
import type { Clock } from "../clock.ts";
import { ServiceError, serviceError } from "../errors.ts";
import type { CommuneDirectory } from "../identity/communes.ts";
import type { IdentityCriteria } from "../identity/match.ts";
import type { Call } from "../request/call.ts";
import { readFranceConnectToken } from "./bearer.ts";
import type { FranceConnectSettings } from "./france-connect-settings.ts";
import type { ActiveToken } from "./introspection.ts";
import { clockToleranceSeconds } from "./judge-version-2.ts";
import { readPivotIdentity } from "./pivot-identity.ts";
import type { FranceConnectProvider } from "./provider.ts";

/** The user of a FranceConnect token and the rights of the partner who presents it. */
export interface IdentifiedUser {
  /** What both the token and the registration of its client grant, without the identity: it is never answered. */
  readonly scopes: ReadonlySet<string>;
  /** Absent when the identity can match nobody. */
  readonly criteria: IdentityCriteria | undefined;
}

export interface IdentifyUserParts {
  readonly settings: FranceConnectSettings;
  readonly provider: FranceConnectProvider;
  readonly communes: CommuneDirectory;
  readonly clock: Clock;
  /**
   * The caller that a client's registration makes, when it may call now, from there and for this recipient. Errors:
   * `france_connect_client_unknown`, `…_client_revoked`, `partner_suspended`, `address_refused`,
   * `france_connect_recipient_refused`.
   */
  readonly findCaller: (question: {
    readonly clientId: string;
    readonly recipient: string;
    readonly clientAddress: string;
  }) => Caller;
  /**
   * Takes one of the refusals that an address has, until it is given back. Errors: `address_limited`. It stays taken
   * for a bad token, whether or not the caller waits for the refusal, which is counted by itself.
   */
  readonly reserveRefusal: (address: string) => () => void;
  readonly countRefusal: (address: string) => void;
}

/** Identifies the user of the token in `authorization`, admits the partner to its share, and notes both in the call. */
export type IdentifyUser = (
  authorization: string | null,
  recipient: string,
  call: Call,
) => Promise<IdentifiedUser>;

export function createIdentifyUser(parts: IdentifyUserParts): IdentifyUser {
  return async (authorization, recipient, call) => {
    const secret = readFranceConnectToken(authorization);
    const giveBack = parts.reserveRefusal(call.clientAddress);
    const { token, caller } = await identifyCaller(parts, secret, recipient, call).catch((error: unknown) => {
      if (isOurs(error)) giveBack();
      throw error;
    });
    giveBack();
    // From here on the call is the partner's, whatever becomes of it.
    await admit(parts, call, caller);
    refuseLowAssurance(token, parts.settings.minAcr);
    const scopes = commonScopes(token, caller);
    return { scopes, criteria: await readPivotIdentity(token.identity, parts.communes) };
  };
}

async function identifyCaller(
  { provider, clock, findCaller }: IdentifyUserParts,
  secret: string,
  recipient: string,
  call: Call,
): Promise<{ readonly token: ActiveToken; readonly caller: Caller }> {
  const token = await provider.introspect(secret);
  if (!token.isActive) throw serviceError("france_connect_token_inactive");
  noteToken(call, token, secret);
  refuseExpired(token, clock.now());
  const { clientId } = token;
  return { token, caller: findCaller({ clientId, recipient, clientAddress: call.clientAddress }) };
}

/** FranceConnect or we failed, or nothing was asked: whoever called is not to blame. */
function isOurs(error: unknown): boolean {
  const outcome = error instanceof ServiceError ? error.row.outcome : "failed";
  return outcome === "failed" || outcome === "limited";
}

function refuseExpired({ expiresAt }: ActiveToken, now: number): void {
  if (expiresAt !== undefined && expiresAt + clockToleranceSeconds * 1000 <= now) {
    throw serviceError("france_connect_token_expired");
  }
}

const levels: readonly (string | undefined)[] = ["eidas1", "eidas2", "eidas3"];

function refuseLowAssurance({ acr }: ActiveToken, minAcr: string): void {
  // A level that we do not know is below all.
  if (levels.indexOf(acr) < levels.indexOf(minAcr)) throw serviceError("france_connect_assurance_too_low");
}

function commonScopes({ scopes }: ActiveToken, caller: Caller): ReadonlySet<string> {
  const common = new Set([...caller.scopes].filter((scope) => scopes.has(scope)));
  common.delete("mesri_identite");
  if (!common.has("mesri_admissions")) throw serviceError("france_connect_scope_missing");
  return common;
}

/** A partner that calls beyond its share would have us ask FranceConnect without end: its refusals count as well. */
async function admit(parts: IdentifyUserParts, call: Call, caller: Caller): Promise<void> {
  if (call.admit === undefined) throw serviceError("internal", { cause: new Error("no guard for the call") });
  try {
    await call.admit(caller);
  } catch (refusal) {
    parts.countRefusal(call.clientAddress);
    throw refusal;
  }
}

const maxJti = 200;

/**
 * Notes the token's identifier among the call's parameters, which are sealed. Some providers use the token itself
 * as its identifier: then its digest is noted.
 */
function noteToken(call: Call, { jti }: ActiveToken, secret: string): void {
  if (jti === undefined) return;
  const isSafe = jti.length <= maxJti && !jti.includes(secret) && !secret.includes(jti);
  const noted = isSafe ? jti : `sha256:${hash("sha256", jti, "hex")}`;
  const parameters = call.trace.parameters === undefined ? {} : JSON.parse(call.trace.parameters);
  call.trace.parameters = JSON.stringify({ ...parameters, franceConnectJti: noted });
}
