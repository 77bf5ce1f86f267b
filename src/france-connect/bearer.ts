import { tokenPrefix } from "../access/token-secret.ts";
import { serviceError } from "../errors.ts";

/** Opaque tokens of FranceConnect are some 40 characters; signed ones would be a thousand. */
const shortest = 16;
const longest = 2048;
/** What a bearer token is made of (RFC 6750, 2.1). */
const shape = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * The FranceConnect access token of a header `Authorization`. What cannot be one is never sent to FranceConnect: our
 * own tokens least of all. Errors: `token_missing`, `france_connect_token_inactive`.
 */
export function readFranceConnectToken(authorization: string | null): string {
  const [, token = ""] = /^bearer +(\S*)\s*$/i.exec(authorization ?? "") ?? [];
  if (token === "") throw serviceError("token_missing");
  if (token.toLowerCase().startsWith(tokenPrefix)) {
    throw serviceError("france_connect_token_inactive", {
      hint: "C'est un jeton de ce service : cette méthode attend celui que FranceConnect a remis au partenaire.",
    });
  }
  if (token.length < shortest || token.length > longest || !shape.test(token)) {
    throw serviceError("france_connect_token_inactive");
  }
  return token;
}
