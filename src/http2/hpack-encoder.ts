// Writes header blocks (RFC 7541). What answers have in common goes into the table that both sides keep, and is one byte
// from then on; texts are never Huffman-coded, which would cost more than the bytes are worth.
import { entryOverheadBytes, staticFields, staticNames, staticValues } from "./static-table.ts";

const defaultTableBytes = 4096;

/** Names whose values differ from answer to answer: only the name is worth a place in the table. */
const changing = new Set([
  "x-request-id",
  "content-length",
  "ratelimit-remaining",
  "ratelimit-reset",
  "retry-after",
  "etag",
  "location",
  "grpc-message",
  "grpc-status-details-bin",
]);
/** Values that nobody may find out by their length in a table, or that proxies must not keep (RFC 7541, 7.1.3). */
const secret = new Set(["set-cookie", "authorization"]);

interface Entry {
  readonly name: string;
  readonly value: string;
  /** Number of entries that were added before it. */
  readonly added: number;
  readonly bytes: number;
}

export class HpackEncoder {
  #allowedBytes = defaultTableBytes;
  /** The least that was allowed since the last block: the peer has to hear of it before (RFC 7541, 4.2). */
  #leastBytes = defaultTableBytes;
  #toldBytes = defaultTableBytes;
  #tableBytes = 0;
  #added = 0;
  /** The oldest first. */
  readonly #entries: Entry[] = [];
  /** The latest entry of each name. */
  readonly #latest = new Map<string, Entry>();

  /** What the peer's settings allow. We use no more than the default. */
  allowTable(bytes: number): void {
    this.#allowedBytes = Math.min(bytes, defaultTableBytes);
    this.#leastBytes = Math.min(this.#leastBytes, this.#allowedBytes);
    this.#evict(0);
  }

  /** Writes what has to stand at the start of a block, and returns where it goes on. */
  begin(to: Buffer, at: number): number {
    let end = at;
    if (this.#leastBytes < Math.min(this.#toldBytes, this.#allowedBytes)) {
      end = writeNumber(to, end, 0x20, 5, this.#leastBytes);
    }
    if (this.#allowedBytes !== this.#toldBytes || end > at) {
      end = writeNumber(to, end, 0x20, 5, this.#allowedBytes);
    }
    this.#toldBytes = this.#allowedBytes;
    this.#leastBytes = this.#allowedBytes;
    return end;
  }

  /** Writes one field of at most `fieldBytes` bytes, and returns where the next one goes. */
  write(to: Buffer, at: number, name: string, value: string): number {
    const latest = this.#latest.get(name);
    if (latest?.value === value) return writeNumber(to, at, 0x80, 7, this.#indexOf(latest));
    const known = staticValues.get(`${name} ${value}`);
    if (known !== undefined) return writeNumber(to, at, 0x80, 7, known);
    const nameIndex = staticNames.get(name) ?? (latest === undefined ? 0 : this.#indexOf(latest));
    if (secret.has(name)) return writeLiteral(to, at, 0x10, 4, nameIndex, name, value);
    const isAdded = (nameIndex === 0 || !changing.has(name)) && this.#mayAdd(name, value);
    if (!isAdded) return writeLiteral(to, at, 0x00, 4, nameIndex, name, value);
    const end = writeLiteral(to, at, 0x40, 6, nameIndex, name, value);
    this.#add(name, value);
    return end;
  }

  /** One that is larger than the table would empty it. */
  #mayAdd(name: string, value: string): boolean {
    return name.length + value.length + entryOverheadBytes <= this.#allowedBytes;
  }

  #indexOf(entry: Entry): number {
    return staticFields.length + this.#added - entry.added;
  }

  #add(name: string, value: string): void {
    const entry = {
      name,
      value,
      added: this.#added,
      bytes: name.length + value.length + entryOverheadBytes,
    };
    this.#evict(entry.bytes);
    this.#entries.push(entry);
    this.#latest.set(name, entry);
    this.#added += 1;
    this.#tableBytes += entry.bytes;
  }

  #evict(bytes: number): void {
    while (this.#tableBytes + bytes > this.#allowedBytes) {
      const oldest = this.#entries.shift();
      if (oldest === undefined) return;
      this.#tableBytes -= oldest.bytes;
      if (this.#latest.get(oldest.name) === oldest) this.#latest.delete(oldest.name);
    }
  }
}

/** The most that a field takes: what both texts take, three numbers, and changes of the table before it. */
export function fieldBytes(name: string, value: string): number {
  return name.length + value.length + 32;
}

function writeLiteral(
  to: Buffer,
  at: number,
  pattern: number,
  prefixBits: number,
  nameIndex: number,
  name: string,
  value: string,
): number {
  const end = writeNumber(to, at, pattern, prefixBits, nameIndex);
  return writeText(to, nameIndex === 0 ? writeText(to, end, name) : end, value);
}

function writeText(to: Buffer, at: number, text: string): number {
  const start = writeNumber(to, at, 0, 7, text.length);
  return start + to.write(text, start, "latin1");
}

/** A number in the last bits of a byte and, when they are not enough, in those that follow (RFC 7541, 5.1). */
function writeNumber(to: Buffer, at: number, pattern: number, prefixBits: number, number: number): number {
  const most = 2 ** prefixBits - 1;
  if (number < most) {
    to[at] = pattern | number;
    return at + 1;
  }
  to[at] = pattern | most;
  let end = at + 1;
  let left = number - most;
  for (; left >= 128; left >>>= 7) {
    to[end] = (left & 0x7f) | 0x80;
    end += 1;
  }
  to[end] = left;
  return end + 1;
}
