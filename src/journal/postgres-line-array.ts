// A group of lines as one value of PostgreSQL: an array of the type `journal_line` (db/migrations/journal/0006), in the
// binary form that the server takes as it is. As texts, an array for each column, a line costs both sides half as much again.
import { countedLine, factsOf, type KindFacts } from "./counted-line.ts";
import { callColumns, kindColumns, type PlainValue, position, readValues } from "./line-encoding.ts";
import type { StoredLine } from "./line-storage.ts";
import { monthOf } from "./postgres-partition-storage.ts";
import type { CountedLine } from "./rollup.ts";

/** Names of the type's columns, in its order. */
export const arrayColumns = [
  ...["month", "seq", "commitment", "hash", "salt"],
  ...[...callColumns, ...kindColumns].map(({ name }) => name),
  ...["sealed", "ine_index"],
];

/** Numbers of PostgreSQL's own types, which never change. */
const typeOf = { bytea: 17, int8: 20, int4: 23, text: 25 } as const;
type PlainType = Exclude<keyof typeof typeOf, "bytea">;

/** Callers choose some of what makes a kind: more are encoded again. */
const keptKinds = 4096;

/** What calls of a kind have in common. */
interface Kind {
  /** Its columns, encoded. */
  readonly bytes: Uint8Array;
  readonly facts: KindFacts;
}

/** Encodes groups of lines, one after the other. `type` is the number of `journal_line` in this database. */
export class LineArrays {
  readonly #kinds = new Map<string, Kind>();
  #latest: { readonly text: string; readonly kind: Kind } | undefined;
  #buffer = Buffer.allocUnsafeSlow(65_536);
  #used = 0;

  /** Throws a RangeError when a number is larger than its column takes. */
  encode(type: number, lines: readonly StoredLine[]): Buffer {
    this.#used = 0;
    // One dimension, no null, so many elements, counted from one.
    for (const header of [1, 0, type, lines.length, 1]) this.#int(header);
    for (const line of lines) this.#line(line);
    return Buffer.from(this.#buffer.subarray(0, this.#used));
  }

  /** A line as the roll-ups count it. */
  counted(line: StoredLine): CountedLine {
    return countedLine(line, this.#kindOf(line.kind).facts);
  }

  #line({ seq, commitment, hash, salt, call, kind, sealed, ineIndex }: StoredLine): void {
    const start = this.#used;
    this.#int(0);
    this.#int(arrayColumns.length);
    this.#value("int4", monthOf(Number(call[position.receivedAt])));
    this.#value("int8", seq);
    for (const bytes of [commitment, hash, salt]) this.#bytes(bytes);
    for (const [index, { type }] of callColumns.entries()) this.#value(type, call[index] as PlainValue);
    const { bytes } = this.#kindOf(kind);
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
    this.#bytes(sealed);
    this.#bytes(ineIndex);
    this.#buffer.writeInt32BE(this.#used - start - 4, start);
  }

  #kindOf(text: string): Kind {
    // Most lines are of the kind of the line before them.
    if (this.#latest?.text === text) return this.#latest.kind;
    let kind = this.#kinds.get(text);
    if (kind === undefined) {
      if (this.#kinds.size >= keptKinds) this.#kinds.clear();
      kind = this.#readKind(text);
      this.#kinds.set(text, kind);
    }
    this.#latest = { text, kind };
    return kind;
  }

  #readKind(text: string): Kind {
    const values = readValues(text);
    const start = this.#used;
    for (const [index, { type }] of kindColumns.entries()) this.#value(type, values[index] as PlainValue);
    const bytes = Uint8Array.prototype.slice.call(this.#buffer, start, this.#used);
    this.#used = start;
    return { bytes, facts: factsOf(values) };
  }

  #value(type: PlainType, value: PlainValue): void {
    this.#int(typeOf[type]);
    if (value === null) this.#int(-1);
    else if (type === "text") this.#text(value as string);
    else this.#number(type, value as number);
  }

  #text(value: string): void {
    // A UTF-16 unit takes three bytes at most.
    this.#reserve(4 + value.length * 3);
    const length = this.#buffer.write(value, this.#used + 4, "utf8");
    this.#int(length);
    this.#used += length;
  }

  #number(type: "int4" | "int8", value: number): void {
    if (type === "int4") {
      this.#int(4);
      this.#int(value);
      return;
    }
    this.#int(8);
    this.#reserve(8);
    if (Number.isSafeInteger(value)) {
      this.#buffer.writeInt32BE(Math.floor(value / 2 ** 32), this.#used);
      this.#buffer.writeInt32BE(value | 0, this.#used + 4);
    } else {
      this.#buffer.writeBigInt64BE(BigInt(value), this.#used);
    }
    this.#used += 8;
  }

  #bytes(value: Uint8Array | null): void {
    this.#int(typeOf.bytea);
    if (value === null) {
      this.#int(-1);
      return;
    }
    this.#int(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#used);
    this.#used += value.length;
  }

  #int(value: number): void {
    this.#reserve(4);
    this.#used = this.#buffer.writeInt32BE(value, this.#used);
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#used + bytes));
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
  }
}
