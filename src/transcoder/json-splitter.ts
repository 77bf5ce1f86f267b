// Cuts a stream of concatenated or newline-delimited JSON into its values.
import { tooLarge } from "./compression.ts";

const whitespace: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Values, one after the other, each of at most `maxBytes` bytes. Their JSON is not checked here. */
export async function* splitJson(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncIterable<Uint8Array> {
  const splitter = new JsonSplitter();
  for await (const chunk of body) {
    for (const value of splitter.push(chunk)) {
      if (value.byteLength > maxBytes) throw tooLarge(maxBytes);
      yield value;
    }
    if (splitter.pendingBytes > maxBytes) throw tooLarge(maxBytes);
  }
  const rest = splitter.finish();
  if (rest !== undefined) yield rest;
}

// Works on bytes: in UTF-8 no byte of a longer character equals a structural one.
class JsonSplitter {
  #parts: Uint8Array[] = [];
  #pendingBytes = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  push(chunk: Uint8Array): Uint8Array[] {
    const values: Uint8Array[] = [];
    let start = 0;
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index] ?? 0;
      // Between values.
      if (start === index && this.#pendingBytes === 0 && whitespace.has(byte)) {
        start = index + 1;
        continue;
      }
      const end = this.#endAt(byte, index);
      if (end === undefined) continue;
      values.push(this.#take(chunk.subarray(start, end)));
      start = end;
    }
    this.#keep(chunk.subarray(start));
    return values;
  }

  finish(): Uint8Array | undefined {
    return this.#pendingBytes === 0 ? undefined : this.#take(new Uint8Array(0));
  }

  /** Index after which a value ends, if this byte ends one. */
  #endAt(byte: number, index: number): number | undefined {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === 0x5c) this.#escaped = true;
      else if (byte === 0x22) {
        this.#inString = false;
        return this.#depth === 0 ? index + 1 : undefined;
      }
      return undefined;
    }
    if (byte === 0x22) {
      this.#inString = true;
      return undefined;
    }
    if (byte === 0x7b || byte === 0x5b) this.#depth++;
    // A closing bracket too many belongs to a value of its own, which is then no JSON.
    else if (byte === 0x7d || byte === 0x5d) {
      this.#depth = Math.max(0, this.#depth - 1);
      if (this.#depth === 0) return index + 1;
    } else if (this.#depth === 0 && whitespace.has(byte)) return index;
    return undefined;
  }

  #take(last: Uint8Array): Uint8Array {
    this.#keep(last);
    const value = this.#parts.length === 1 ? this.#parts[0] : undefined;
    const whole = value ?? Buffer.concat(this.#parts);
    this.#parts = [];
    this.#pendingBytes = 0;
    return whole;
  }

  #keep(part: Uint8Array): void {
    if (part.byteLength === 0) return;
    this.#parts.push(part);
    this.#pendingBytes += part.byteLength;
  }
}
