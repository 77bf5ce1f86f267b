import type { IncomingHttpHeaders } from "node:http2";
import { type HeaderLimits, HpackDecoder } from "./hpack-decoder.ts";
import { declaredLength, readRequestHeaders } from "./request-headers.ts";

/** What a request says before its body. */
export interface RequestHeaders {
  readonly headers: IncomingHttpHeaders;
  /** Length of the body, when the client says it. */
  readonly declaredBytes: number | undefined;
  /** Fields, and bytes of their names and values. */
  readonly pairs: number;
  readonly bytes: number;
}

/** A block that was read. */
export class HeaderBlock {
  /** Names and values in turn; undefined: more than is read. */
  readonly fields: readonly string[] | undefined;
  readonly #bytes: number;
  #request: RequestHeaders | undefined;

  constructor(fields: readonly string[] | undefined, bytes: number) {
    this.fields = fields;
    this.#bytes = bytes;
  }

  /** The headers of a request, which nobody may change; undefined when they are malformed, or more than is read. */
  get request(): RequestHeaders | undefined {
    if (this.#request !== undefined || this.fields === undefined) return this.#request;
    const headers = readRequestHeaders(this.fields);
    const declaredBytes = headers && declaredLength(headers);
    if (headers === undefined || Number.isNaN(declaredBytes)) return undefined;
    this.#request = { headers, declaredBytes, pairs: this.fields.length / 2, bytes: this.#bytes };
    return this.#request;
  }
}

/** Longest block that is kept, in bytes: what repeats itself is short. */
const mostKeptBytes = 1024;

/** The header blocks of a connection. Most are the one before, to the byte: what was made of it is used again. */
export class HeaderBlocks {
  readonly #decoder: HpackDecoder;
  /** The latest block that left the table as it was, and the table's changes before it. */
  #latest: { readonly bytes: Buffer; readonly changes: number; readonly block: HeaderBlock } | undefined;

  constructor(limits: HeaderLimits) {
    this.#decoder = new HpackDecoder(limits);
  }

  /** Errors: a ConnectionFault. */
  read(bytes: Buffer): HeaderBlock {
    const { changes } = this.#decoder;
    const latest = this.#latest;
    if (latest !== undefined && latest.changes === changes && latest.bytes.equals(bytes)) return latest.block;
    const fields = this.#decoder.decode(bytes);
    const block = new HeaderBlock(fields, this.#decoder.bytes);
    // A copy: what arrived with it is not kept for it.
    const isKept = bytes.byteLength <= mostKeptBytes && this.#decoder.changes === changes;
    if (isKept) this.#latest = { bytes: Buffer.from(bytes), changes, block };
    return block;
  }
}
