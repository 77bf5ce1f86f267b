// What Node's parser refuses for its target, and what can be told of it. The public service takes accents that nobody
// has encoded, and so partners' clients send them (`?prenoms[]=Valérie`); RFC 3986 knows no bytes beyond ASCII in a
// target, and Node's parser holds to that.
//
// The request is read again only where it is the same one for everybody. The parser was in the middle of a target, so
// that this begins in the piece that it was given, behind the request line's only space, if that stands there; what is
// before has been read as whole requests. The rest has to be one plain request to its last byte (http1-plain-request.ts),
// and its answer ends the connection.
import type { Asked } from "./exchange.ts";
import { type PlainRequest, readPlainRequest } from "./http1-plain-request.ts";
import { readTarget } from "./target-text.ts";

/** An error of Node's parser. */
export interface ParseError extends Error {
  readonly code?: string;
  /** The piece that it was reading, and how far it came. */
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

const lineFeed = 0x0a;
const untilBadByte = /^[A-Z]+ \/[!-~]*$/;

/** The request that was refused for bytes beyond ASCII in its target alone. */
export function rereadRequest({ code, rawPacket, bytesParsed }: ParseError): PlainRequest | undefined {
  if (code !== "HPE_INVALID_URL" || rawPacket === undefined || bytesParsed === undefined) return undefined;
  const start = bytesParsed === 0 ? 0 : rawPacket.lastIndexOf(lineFeed, bytesParsed - 1) + 1;
  const end = rawPacket.indexOf(lineFeed, bytesParsed);
  if (end === -1 || !untilBadByte.test(rawPacket.toString("latin1", start, bytesParsed))) return undefined;
  const line = readTarget(rawPacket.toString("latin1", start, end));
  return readPlainRequest(Buffer.concat([Buffer.from(line, "latin1"), rawPacket.subarray(end)]));
}

const requestLine = /(?:^|\n)([A-Z]+) (\/[!-~\x80-\xff]*)/g;

/** What was asked, as far as one can tell: enough to choose the words of a refusal, and nothing else. */
export function guessAsked({ rawPacket, bytesParsed = 0 }: ParseError): Asked {
  const text = rawPacket?.toString("latin1", 0, bytesParsed) ?? "";
  const [, method = "", target = ""] = [...text.matchAll(requestLine)].at(-1) ?? [];
  return { method, target: readTarget(target), headers: {} };
}
