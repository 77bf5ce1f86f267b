// Header blocks as bytes (RFC 7541): what an encoder may write and what it must not, and a decoder for the answers.
import { decodeHuffman, encodeHuffman } from "./hpack-huffman.ts";

export type Field = readonly [name: string, value: string];

/** An integer behind the bits of a pattern (5.1). */
export function integer(value: number, prefixBits: number, pattern = 0): Buffer {
  const most = 2 ** prefixBits - 1;
  if (value < most) return Buffer.from([pattern | value]);
  const octets = [pattern | most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push(128 + (rest % 128));
  return Buffer.from([...octets, rest]);
}

/** A string, with its length (5.2). */
export function text(value: string, huffman = false): Buffer {
  const plain = Buffer.from(value, "latin1");
  const octets = huffman ? encodeHuffman(plain) : plain;
  return Buffer.concat([integer(octets.length, 7, huffman ? 0x80 : 0), octets]);
}

/** A field that stands in a table (6.1). */
export const indexed = (index: number) => integer(index, 7, 0x80);

const forms = { indexing: [6, 0x40], plain: [4, 0x00], never: [4, 0x10] } as const;

/** A field in full, its name as text or as an index (6.2). */
export function literal(
  name: string | number,
  value: string,
  form: keyof typeof forms = "plain",
  huffman = false,
): Buffer {
  const [bits, pattern] = forms[form];
  return typeof name === "number"
    ? Buffer.concat([integer(name, bits, pattern), text(value, huffman)])
    : Buffer.concat([Buffer.from([pattern]), text(name, huffman), text(value, huffman)]);
}

/** A new limit of the dynamic table (6.3). */
export const sizeUpdate = (size: number) => integer(size, 5, 0x20);

/** Where the static table (appendix A) holds what requests are made of. */
export const staticIndex = {
  authority: 1,
  get: 2,
  post: 3,
  path: 4,
  http: 6,
  status200: 8,
  acceptEncoding: 16,
  authorization: 23,
  userAgent: 58,
} as const;
/** Of the newest entry of the dynamic table. */
export const newest = 62;

export const staticTable: readonly Field[] = [
  [":authority", ""],
  ...[":method GET", ":method POST", ":path /", ":path /index.html", ":scheme http", ":scheme https"].map(
    pair,
  ),
  ...[200, 204, 206, 304, 400, 404, 500].map((status): Field => [":status", String(status)]),
  ["accept-charset", ""],
  ["accept-encoding", "gzip, deflate"],
  ...(
    "accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control " +
    "content-disposition content-encoding content-language content-length content-location content-range " +
    "content-type cookie date etag expect expires from host if-match if-modified-since if-none-match if-range " +
    "if-unmodified-since last-modified link location max-forwards proxy-authenticate proxy-authorization range " +
    "referer refresh retry-after server set-cookie strict-transport-security transfer-encoding user-agent vary " +
    "via www-authenticate"
  )
    .split(" ")
    .map((name): Field => [name, ""]),
];

function pair(words: string): Field {
  const [name = "", value = ""] = words.split(" ");
  return [name, value];
}

/** Reads the answers of one connection. It throws at what no encoder may write. */
export class HpackDecoder {
  readonly #dynamic: Field[] = [];
  #allowed = 4096;
  #limit = 4096;
  /** A limit that the next block has to begin with, at most (RFC 9113, 4.3.1). */
  #due: number | undefined;
  #rest: Buffer = Buffer.alloc(0);

  /** The peer has acknowledged what its encoder may use from now on, in octets. */
  allow(size: number): void {
    this.#allowed = size;
    if (size < this.#limit) this.#due = size;
  }

  decode(block: Buffer): Field[] {
    this.#rest = block;
    const fields: Field[] = [];
    while (this.#rest.length > 0) {
      const [first = 0] = this.#rest;
      if ((first & 0xe0) === 0x20) {
        if (fields.length > 0) throw new Error("a size update behind a field");
        this.#resize(this.#integer(5));
        continue;
      }
      if (this.#due !== undefined) throw new Error(`no size update to ${this.#due}`);
      fields.push(this.#field(first));
    }
    return fields;
  }

  #field(first: number): Field {
    if (first >= 0x80) return this.#at(this.#integer(7));
    const isIndexing = first >= 0x40;
    const nameIndex = this.#integer(isIndexing ? 6 : 4);
    const name = nameIndex === 0 ? this.#text() : this.#at(nameIndex)[0];
    const field: Field = [name, this.#text()];
    if (isIndexing) this.#dynamic.unshift(field);
    this.#evict();
    return field;
  }

  #resize(size: number): void {
    if (size > this.#allowed) throw new Error(`a table of ${size} octets`);
    if (this.#due !== undefined && size <= this.#due) this.#due = undefined;
    this.#limit = size;
    this.#evict();
  }

  #evict(): void {
    const size = () => this.#dynamic.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
    while (size() > this.#limit) this.#dynamic.pop();
  }

  #at(index: number): Field {
    const field = staticTable[index - 1] ?? this.#dynamic[index - newest];
    if (field === undefined) throw new Error(`no entry ${index}`);
    return field;
  }

  #text(): string {
    const isHuffman = (this.#rest[0] ?? 0) >= 0x80;
    const length = this.#integer(7);
    const octets = this.#take(length);
    return (isHuffman ? decodeHuffman(octets) : octets).toString("latin1");
  }

  #integer(prefixBits: number): number {
    const most = 2 ** prefixBits - 1;
    let value = (this.#take(1)[0] ?? 0) & most;
    if (value < most) return value;
    for (let factor = 1; ; factor *= 128) {
      const [octet = 0] = this.#take(1);
      value += (octet % 128) * factor;
      if (octet < 128) return value;
    }
  }

  #take(length: number): Buffer {
    if (length > this.#rest.length) throw new Error("the block ends too early");
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }
}
