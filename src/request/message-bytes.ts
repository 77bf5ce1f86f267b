/** Memory that is kept for the next message, in bytes. */
const keptBytes = 65_536;
/** Longest text whose bytes, three for a UTF-16 unit at most, have a length of one byte. */
const shortText = 42;

/** The bytes of one protobuf message, as they are written. */
export class MessageBytes {
  #bytes = Buffer.allocUnsafeSlow(keptBytes);
  #length = 0;

  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.allocUnsafeSlow(keptBytes);
  }

  /** A copy behind `prefixBytes` others. */
  copy(prefixBytes: number): Buffer {
    const copy = Buffer.allocUnsafe(prefixBytes + this.#length);
    this.#bytes.copy(copy, prefixBytes, 0, this.#length);
    return copy;
  }

  /** A whole number from 0 to 2^32 − 1 in groups of seven bits, the lowest first. */
  addVarint(value: number): void {
    this.#reserve(5);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A text in UTF-8 behind its length. */
  addText(text: string): void {
    if (text.length > shortText) {
      const size = Buffer.byteLength(text);
      this.addVarint(size);
      this.#reserve(size);
      this.#length += this.#bytes.write(text, this.#length, size, "utf8");
      return;
    }
    const start = this.open();
    this.#reserve(shortText * 3);
    // Most are short and ASCII: a call of `write` costs more than their letters.
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) {
        this.#length = start + 1 + this.#bytes.write(text, start + 1, "utf8");
        break;
      }
      this.#bytes[this.#length++] = code;
    }
    this.close(start);
  }

  add(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Leaves room for a length of one byte and tells where. */
  open(): number {
    this.#reserve(1);
    this.#length += 1;
    return this.#length - 1;
  }

  /** Writes the length of all that came after `open`, which moves when its length takes more than a byte. */
  close(start: number): void {
    const end = this.#length;
    const size = end - start - 1;
    if (size <= 0x7f) {
      this.#bytes[start] = size;
      return;
    }
    this.#length = start;
    // The message gives way first: its length would overwrite its beginning.
    const moved = start + sizeOfVarint(size);
    this.#reserve(moved - start + size);
    this.#bytes.copyWithin(moved, start + 1, end);
    this.addVarint(size);
    this.#length = moved + size;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger);
    this.#bytes = larger;
  }
}

function sizeOfVarint(value: number): number {
  let size = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) size += 1;
  return size;
}
