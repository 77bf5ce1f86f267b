import type { CallContext } from "./call-context.ts";
import type { ResponseHeaders } from "./exchange.ts";

/** Headers of a message's framing: they belong to whoever writes the response, never to a method. */
const framing: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "te",
  "trailer",
  "content-length",
  "content-encoding",
]);

/** Adds fetch Headers to response headers, each name behind a prefix. */
export function addHeaders(target: ResponseHeaders, source: Headers | undefined, prefix = ""): void {
  if (source === undefined) return;
  for (const [name, value] of source) {
    if (framing.has(name)) continue;
    if (name === "set-cookie") target[prefix + name] = source.getSetCookie();
    else target[prefix + name] = value;
  }
}

/** The headers and trailers that a method wrote; trailers come as `trailer-*`. */
export function writtenHeaders(context: CallContext): ResponseHeaders {
  const headers: ResponseHeaders = {};
  addHeaders(headers, context.writtenHeader);
  addHeaders(headers, context.writtenTrailer, "trailer-");
  return headers;
}

/** Adds a name to `vary`. */
export function vary(headers: ResponseHeaders, name: string): void {
  const before = headers["vary"];
  headers["vary"] = before === undefined ? name : `${String(before)}, ${name}`;
}
