// Which requests of HTTP/1.1 are plain. What is not certainly plain is undefined here, and Node's parser reads it.
//
// Two readers of one connection must never see two different requests in the same bytes, or one of them serves what a
// proxy in front never let through (request smuggling, RFC 9112, 11.2). They cannot differ here:
//
// - A request is plain only as a whole chunk, from its first byte to its last. A connection begins here at its first
//   byte and goes to Node, for good, with the whole chunk that is not plain: whoever reads begins where a message begins.
// - What differs between readers is where a body ends, which this grammar decides in one way. A plain request has no
//   `Transfer-Encoding`; a GET has no body; a POST has one `Content-Length` of digits, and so many bytes follow the empty
//   line, no more and no less (RFC 9112, 6.3). A length that is too small leaves bytes over, one that is too large
//   lacks some: neither is plain.
// - A line ends in CRLF and holds no other CR or LF, no NUL and no byte beyond ASCII, its name stands against its colon,
//   and none begins with white space (RFC 9112, 2.2, 5.1, 5.2). No name is there twice, in any case: there is no first
//   or last one to choose.
// - The target begins with `/` and holds what a path and a query may (RFC 3986, 3.3, 3.4), or brackets, which clients do
//   not encode (`prenoms[]`); `Host` is there.
//
// test/request/http1-both-readers.test.ts sends thousands of distorted requests both ways.
import type { IncomingHttpHeaders } from "node:http";

export interface PlainRequest {
  readonly method: string;
  readonly target: string;
  /** By names in lower case; without prototype. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array | undefined;
  /** Whether the caller wants the connection to end with the answer. */
  readonly isLast: boolean;
}

/** Far below the limits of Node's parser, which refuses what is over them, with a line in the journal. */
const maxHeadBytes = 8192;
const maxHeaders = 64;

/** Each part ends where the next one must begin, so that a mismatch is found in linear time. */
const head = /(GET|POST) (\/[\w.~!$&'()*+,;=:@%/?[\]-]*) HTTP\/1\.1\r\n((?:[A-Za-z\d-]+:[\t -~]*\r\n)+)\r\n/y;
const digits = /^(?:0|[1-9]\d{0,6})$/;

/** Headers that say how to read or to answer the message; Node makes a list of the last one. */
const special = ["transfer-encoding", "expect", "upgrade", "proxy-connection", "set-cookie"] as const;

/** The request that a chunk is, when it is exactly one and plain. */
export function readPlainRequest(chunk: Buffer): PlainRequest | undefined {
  const text = chunk.toString("latin1", 0, Math.min(chunk.length, maxHeadBytes));
  head.lastIndex = 0;
  const [, method, target, lines] = head.exec(text) ?? [];
  if (method === undefined || target === undefined || lines === undefined) return undefined;
  const bodyStart = head.lastIndex;
  const headers = readHeaders(lines);
  if (headers === undefined || !headers.host || special.some((name) => headers[name] !== undefined)) {
    return undefined;
  }
  const connection = headers.connection?.toLowerCase();
  const isLast = connection === "close";
  if (connection !== undefined && connection !== "keep-alive" && !isLast) return undefined;
  if (bodyStart + bodyLength(method, headers["content-length"]) !== chunk.length) return undefined;
  const body = bodyStart === chunk.length ? undefined : chunk.subarray(bodyStart);
  return { method, target, headers, body, isLast };
}

/** Whole lines, each a name, a colon and a value; undefined when a name is there twice. */
function readHeaders(lines: string): IncomingHttpHeaders | undefined {
  const headers: IncomingHttpHeaders = Object.create(null);
  let count = 0;
  for (let start = 0; start < lines.length; ) {
    const colon = lines.indexOf(":", start);
    const end = lines.indexOf("\r\n", colon);
    const name = lines.slice(start, colon).toLowerCase();
    if (headers[name] !== undefined) return undefined;
    headers[name] = lines.slice(colon + 1, end).trim();
    count += 1;
    start = end + 2;
  }
  return count > maxHeaders ? undefined : headers;
}

/** NaN, which equals nothing, when the length is not plain. */
function bodyLength(method: string, declared: string | undefined): number {
  if (method === "GET") return declared === undefined ? 0 : Number.NaN;
  return declared !== undefined && digits.test(declared) ? Number(declared) : Number.NaN;
}
