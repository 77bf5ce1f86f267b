// The one credential of a request, read from its headers.
import { type ServiceError, serviceError } from "../errors.ts";

/** A header's value, as Node gives it. */
export type HeaderValue = string | readonly string[] | undefined;

export interface CredentialHeaders {
  /** Header `Authorization`. */
  readonly authorization: HeaderValue;
  /** Header `X-API-Key`. */
  readonly apiKey: HeaderValue;
}

/**
 * The credential of a request, or an empty text when it has none. What is no bearer token is returned as it is, and
 * is no token. Errors: `invalid_request` for two different credentials.
 */
export function readCredential({ authorization, apiKey }: CredentialHeaders): string {
  const bearer = readBearer(readHeader(authorization));
  const key = readHeader(apiKey);
  if (bearer !== "" && key !== "" && bearer !== key) throw twoCredentials();
  return bearer === "" ? key : bearer;
}

/** A list is one malformed value. Of two Authorization headers Node keeps the first; two X-API-Key it joins. */
function readHeader(value: HeaderValue): string {
  if (value === undefined) return "";
  return (typeof value === "string" ? value : value.join(",")).trim();
}

/** The name of the scheme is read in either case (RFC 9110, 11.1). */
function readBearer(authorization: string): string {
  if (authorization === "") return "";
  // A token without its scheme is no bearer token: with the space that no token holds, it is unknown.
  if (!/^bearer(?: |$)/iu.test(authorization)) return ` ${authorization}`;
  return authorization.slice("bearer".length).trim();
}

function twoCredentials(): ServiceError {
  const description = "Doit être absent, ou contenir le même jeton que Authorization.";
  return serviceError("invalid_request", {
    violations: [{ field: "X-API-Key", description, rule: "X-API-Key.same" }],
  });
}
