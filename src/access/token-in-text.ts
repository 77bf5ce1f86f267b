// Tokens where they must not be: in an address, or in anything that is kept.
import { serviceError } from "../errors.ts";
import { sessionPrefix, signInCodePrefix, tokenPrefix } from "./token-secret.ts";

/** What stands in a kept text in place of a credential. */
const redactedToken = `${tokenPrefix}…`;

// A cut token counts too: the journal cuts long targets. Marks of our own are no tokens.
const tokenShape = new RegExp(`(?:${tokenPrefix}|${sessionPrefix}|${signInCodePrefix})[0-9A-Za-z]+`, "giu");
/** Whether a text holds anything of the shape of a credential, whole or cut. */
export function holdsSecret(text: string): boolean {
  return text.search(tokenShape) !== -1;
}

const lastingSecret = new RegExp(`(?:${tokenPrefix}|${sessionPrefix})[0-9A-Za-z]+`, "iu");
/**
 * Whether a text holds a secret that lasts. A sign-in code does not: it works once, for 15 minutes, and sent by mail it
 * opens nothing outside the browser that asked for it.
 */
export function holdsLastingSecret(text: string): boolean {
  return lastingSecret.test(text);
}

/** Shortest tail that makes the prefix a token and not a word of a search. A code works once: it may stand in a link. */
const tokenInAddress = new RegExp(`(?:${tokenPrefix}|${sessionPrefix})[0-9A-Za-z]{8}`, "iu");

/** Names of parameters that clients use for credentials, in lower case without punctuation. */
const credentialNames = new Set([
  "token",
  "accesstoken",
  "authtoken",
  "idtoken",
  "apitoken",
  "apikey",
  "xapikey",
  "key",
  "jeton",
  "authorization",
  "bearer",
  "bearertoken",
]);
/** No name above is longer than this, percent-encoded once. */
const maxNameLength = 3 * 24;

/**
 * Refuses a request target that carries a credential, with `token_in_url`: addresses end up in logs, histories and
 * proxies. That is a parameter with the name of a credential, or anything of a token's shape anywhere, also
 * percent-encoded several times. Gives whether the target can be kept as it is.
 */
export function refuseTokenInTarget(target: string): boolean {
  const isPlain = !target.includes("%");
  if (tokenInAddress.test(isPlain ? target : decodeFully(target)) || hasCredentialParameter(target)) {
    throw serviceError("token_in_url");
  }
  // The link that signs in holds a code. Whoever reads it where it is kept could be there before the one it is for.
  return isPlain && !target.includes(signInCodePrefix);
}

/**
 * Takes credentials out of a text that will be kept: whatever has a token's shape, whole or cut, percent-encoded or
 * not, and the value of every parameter that is named as a credential.
 */
export function redactTokens(text: string): string {
  const redacted = redactParameters(text);
  if (!redacted.includes("%")) return redacted.replace(tokenShape, redactedToken);
  // Decoded first: a token may be encoded in part.
  const decoded = decodeFully(redacted);
  const hidden = decoded.replace(tokenShape, redactedToken);
  // Keeping the decoded form loses the spelling of a text that nobody writes in good faith.
  return hidden === decoded ? redacted : hidden.replace(unsafe, encodeURIComponent);
}

/** Line breaks and other controls that decoding may have set free. */
const unsafe = /[\u0000-\u0020\u007f-\u009f%]/gu;

const parameter = /(?<=[?&;#])(?<name>[^=&;#]*)=(?<value>[^&;#]*)/gu;

function redactParameters(text: string): string {
  if (!text.includes("=")) return text;
  return text.replace(parameter, (whole, name: string) =>
    isCredentialName(name) ? `${name}=${redactedToken}` : whole,
  );
}

function hasCredentialParameter(target: string): boolean {
  let start = nextParameter(target, 0);
  while (start > 0) {
    const next = nextParameter(target, start);
    const end = next > 0 ? next - 1 : target.length;
    const equals = target.indexOf("=", start);
    if (isCredentialName(target.slice(start, equals >= 0 && equals < end ? equals : end))) return true;
    start = next;
  }
  return false;
}

/** Where the next parameter starts: after `?`, `&`, `;` or `#`; 0 when there is none. */
function nextParameter(target: string, from: number): number {
  for (let index = from; index < target.length; index += 1) {
    const code = target.charCodeAt(index);
    if (code === 0x3f || code === 0x26 || code === 0x3b || code === 0x23) return index + 1;
  }
  return 0;
}

function isCredentialName(name: string): boolean {
  if (name.length > maxNameLength) return false;
  const decoded = name.includes("%") ? decodeFully(name) : name;
  return credentialNames.has(decoded.toLowerCase().replace(/[^a-z]/gu, ""));
}

/** Encoding again and again is no way around: what is still encoded after this is treated as text. */
const maxDecodings = 8;

/** Decodes percent escapes byte by byte, so that malformed ones and other encodings cannot make it fail. */
function decodeFully(text: string): string {
  let current = text;
  for (let round = 0; round < maxDecodings; round += 1) {
    const decoded = current.replace(/%([0-9a-f]{2})/giu, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    );
    if (decoded === current) break;
    current = decoded;
  }
  return current;
}
