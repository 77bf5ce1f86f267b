// Reads header blocks (RFC 7541). Its table follows the peer's: a block that cannot be read ends the connection.
import { ConnectionFault, errorCode } from "./error-code.ts";
import { decodeHuffman } from "./huffman.ts";
import { entryOverheadBytes, type HeaderField, staticFields } from "./static-table.ts";

/** Bytes of the table, as long as our settings do not say otherwise (RFC 9113, 6.5.2). */
const maxTableBytes = 4096;
const noBlock = Buffer.alloc(0);
/** No number in a block of ours needs more. */
const largestNumber = 2 ** 24;

export interface HeaderLimits {
  /** Most fields, and most bytes of names and values, that are read of one block. */
  readonly pairs: number;
  readonly bytes: number;
}

export class HpackDecoder {
  readonly #limits: HeaderLimits;
  /** The oldest entry first, from `#oldest` on. */
  #entries: HeaderField[] = [];
  #oldest = 0;
  #tableBytes = 0;
  #allowedBytes = maxTableBytes;
  #block: Buffer = noBlock;
  #at = 0;
  /** Of the names and values of the latest block. */
  bytes = 0;
  /** How often the table has changed. */
  changes = 0;

  constructor(limits: HeaderLimits) {
    this.#limits = limits;
  }

  /**
   * The fields of a block, names and values in turn; undefined when they are more than the limits allow, which is read to
   * its end all the same. Errors: a ConnectionFault.
   */
  decode(block: Buffer): string[] | undefined {
    this.#block = block;
    this.#at = 0;
    this.#resizeTable();
    this.bytes = 0;
    const { pairs, bytes } = this.#limits;
    const fields: string[] = [];
    let isTooMuch = false;
    while (this.#at < block.byteLength) {
      const { name, value } = this.#readField(block[this.#at] as number);
      this.bytes += name.length + value.length;
      isTooMuch ||= this.bytes > bytes || fields.length >= 2 * pairs;
      if (!isTooMuch) fields.push(name, value);
    }
    // It is a part of what arrived, which would stay in memory as long as the connection is quiet.
    this.#block = noBlock;
    return isTooMuch ? undefined : fields;
  }

  /** Only the start of a block may change the size of the table (RFC 7541, 4.2). */
  #resizeTable(): void {
    while (((this.#block[this.#at] ?? 0) & 0xe0) === 0x20) {
      const bytes = this.#readNumber(5);
      if (bytes > maxTableBytes) throw unreadable("a table larger than allowed");
      this.#allowedBytes = bytes;
      this.changes += 1;
      this.#evict(0);
    }
  }

  #readField(first: number): HeaderField {
    if ((first & 0x80) !== 0) return this.#entry(this.#readNumber(7));
    if ((first & 0x40) !== 0) {
      const field = this.#readLiteral(6);
      this.#insert(field);
      return field;
    }
    if ((first & 0x20) !== 0) throw unreadable("a change of the table in the middle of a block");
    return this.#readLiteral(4);
  }

  #readLiteral(prefixBits: number): HeaderField {
    const index = this.#readNumber(prefixBits);
    const name = index === 0 ? this.#readText() : this.#entry(index).name;
    return { name, value: this.#readText() };
  }

  #entry(index: number): HeaderField {
    const field =
      index <= staticFields.length
        ? staticFields[index - 1]
        : this.#entries[this.#entries.length - (index - staticFields.length)];
    const isGone = index > staticFields.length + this.#entries.length - this.#oldest;
    if (field === undefined || isGone) throw unreadable("an index beyond the tables");
    return field;
  }

  #insert(field: HeaderField): void {
    const bytes = bytesOf(field);
    this.changes += 1;
    this.#evict(bytes);
    // One that is larger than the table empties it, and is no error (RFC 7541, 4.4).
    if (bytes > this.#allowedBytes) return;
    this.#entries.push(field);
    this.#tableBytes += bytes;
  }

  /** Makes room. */
  #evict(bytes: number): void {
    while (this.#oldest < this.#entries.length && this.#tableBytes + bytes > this.#allowedBytes) {
      this.#tableBytes -= bytesOf(this.#entries[this.#oldest] as HeaderField);
      this.#oldest += 1;
    }
    // Entries that are gone are let go, a few dozen at a time.
    if (this.#oldest > 64) {
      this.#entries = this.#entries.slice(this.#oldest);
      this.#oldest = 0;
    }
  }

  /** A number whose first bits are the last ones of the next byte (RFC 7541, 5.1). */
  #readNumber(prefixBits: number): number {
    const most = 2 ** prefixBits - 1;
    let number = this.#readByte() & most;
    if (number < most) return number;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#readByte();
      number += (byte & 0x7f) * factor;
      if (number > largestNumber || factor > largestNumber) throw unreadable("a number that is too large");
      if ((byte & 0x80) === 0) return number;
    }
  }

  #readText(): string {
    const isHuffman = ((this.#block[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#readNumber(7);
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#block.byteLength) throw unreadable("a text that is cut");
    if (!isHuffman) return this.#block.toString("latin1", from, this.#at);
    const text = decodeHuffman(this.#block, from, this.#at);
    if (text === undefined) throw unreadable("a text that is none of the Huffman code");
    return text;
  }

  #readByte(): number {
    const byte = this.#block[this.#at];
    if (byte === undefined) throw unreadable("a block that is cut");
    this.#at += 1;
    return byte;
  }
}

function bytesOf({ name, value }: HeaderField): number {
  return name.length + value.length + entryOverheadBytes;
}

function unreadable(what: string): ConnectionFault {
  return new ConnectionFault(errorCode.compressionError, what);
}
