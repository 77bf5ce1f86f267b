// From the fields of a block to the headers of a request, as Node gives them, or to nothing when they are malformed
// (RFC 9113, 8.1.1, 8.2, 8.3.1).
import type { IncomingHttpHeaders } from "node:http2";

/** What each pseudo-header may be: a token, a scheme, an authority (RFC 3986, 3.1, 3.2), and no space. */
const pseudoValues: ReadonlyMap<string, RegExp> = new Map([
  [":method", /^[!#$%&'*+.^_`|~\w-]+$/],
  [":scheme", /^[a-z][a-z\d+.-]*$/i],
  [":authority", /^[\w.~!$&'()*+,;=:@%[\]-]+$/],
  [":path", /^(?:\/[!-~\x80-\xff]*|\*)$/],
]);
/** What belongs to a connection of HTTP/1.1 has no meaning here, and is where proxies disagree (RFC 9113, 8.2.2). */
const connectionNames = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);
/** A name of a field that is no pseudo-header (RFC 9113, 8.2.1). */
export const safeName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const safeValue = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;

/** Fields of which Node keeps the first one. */
const singleNames = new Set(
  (
    "access-control-allow-credentials access-control-max-age access-control-request-method age authorization " +
    "content-encoding content-language content-length content-location content-md5 content-range content-type date dnt " +
    "etag expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified " +
    "location max-forwards proxy-authorization range referer retry-after tk upgrade-insecure-requests user-agent " +
    "x-content-type-options"
  ).split(" "),
);

/** The headers of a request, its pseudo-headers among them; undefined when they are malformed. */
export function readRequestHeaders(fields: readonly string[]): IncomingHttpHeaders | undefined {
  const headers: IncomingHttpHeaders = Object.create(null);
  let isRegular = false;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    const value = fields[index + 1] as string;
    if (name.startsWith(":")) {
      if (isRegular || headers[name] !== undefined || pseudoValues.get(name)?.test(value) !== true)
        return undefined;
      headers[name] = value;
      continue;
    }
    isRegular = true;
    if (!safeValue.test(value)) return undefined;
    if (!safeName.test(name) || connectionNames.has(name)) return undefined;
    if (name === "te" && value !== "trailers") return undefined;
    // Whose length a proxy takes for the body's is where proxies disagree.
    if (name === "content-length" && headers[name] !== undefined) return undefined;
    add(headers, name, value);
  }
  return hasTarget(headers) ? headers : undefined;
}

/** Whether the fields are trailers as a client may send them. */
export function areTrailers(fields: readonly string[]): boolean {
  return fields.every((text, index) =>
    index % 2 === 0 ? safeName.test(text) && !connectionNames.has(text) : safeValue.test(text),
  );
}

function add(headers: IncomingHttpHeaders, name: string, value: string): void {
  const existing = headers[name];
  if (existing === undefined) headers[name] = name === "set-cookie" ? [value] : value;
  else if (Array.isArray(existing)) existing.push(value);
  else if (!singleNames.has(name)) headers[name] = `${existing}${name === "cookie" ? "; " : ", "}${value}`;
}

function hasTarget(headers: IncomingHttpHeaders): boolean {
  const { ":method": method, ":scheme": scheme, ":path": path, ":authority": authority } = headers;
  if (method === "CONNECT") return authority !== undefined && scheme === undefined && path === undefined;
  if (method === undefined || scheme === undefined || path === undefined) return false;
  if (authority === undefined && headers["host"] === undefined) return false;
  return path !== "*" || method === "OPTIONS";
}

/** The declared length of the body in bytes; undefined when there is none, NaN when it is no number. */
export function declaredLength({ "content-length": declared }: IncomingHttpHeaders): number | undefined {
  if (declared === undefined) return undefined;
  return /^[0-9]{1,15}$/.test(declared) ? Number(declared) : Number.NaN;
}
