// Whether what ProConnect says of somebody opens a session here. It needs no network.
import type { Person } from "../access/person.ts";
import { type ErrorId, serviceError } from "../errors.ts";

/** What ProConnect says: claims of the signed ID token and of the signed user info. */
export interface ProConnectIdentity {
  readonly email: string;
  /** SIRET of the body that the person belongs to. */
  readonly siret: string;
  /** How the person authenticated (RFC 8176). */
  readonly amr: readonly string[];
}

/** Somebody who has the e-mail address, with the SIRET that ProConnect has to name. */
export interface Candidate {
  readonly person: Person;
  readonly sirets: readonly string[];
}

/** Reads the claims. Errors: `sign_in_not_linked` when one is missing. */
export function readIdentity(
  idToken: Readonly<Record<string, unknown>>,
  userInfo: Readonly<Record<string, unknown>>,
): ProConnectIdentity {
  const { email, siret } = userInfo;
  if (typeof email !== "string" || email === "" || typeof siret !== "string")
    throw refuse("sign_in_not_linked");
  const { amr } = idToken;
  const methods = Array.isArray(amr) ? amr.filter((value) => typeof value === "string") : [];
  return { email, siret: siret.replaceAll(/\s/g, ""), amr: methods };
}

/**
 * The person whom an identity is: somebody known already, by address and SIRET, since `sub` differs from one identity
 * provider to the next. No account is ever made. Errors: `second_factor_missing`, `sign_in_not_linked`.
 */
export function judgeIdentity(
  identity: ProConnectIdentity,
  candidates: readonly Candidate[],
  secondFactors: readonly string[],
): Person {
  if (!identity.amr.some((method) => secondFactors.includes(method))) throw refuse("second_factor_missing");
  const known = candidates.find(({ sirets }) => sirets.includes(identity.siret));
  if (known === undefined) throw refuse("sign_in_not_linked");
  return known.person;
}

function refuse(id: Extract<ErrorId, "second_factor_missing" | "sign_in_not_linked">) {
  return serviceError(id);
}
