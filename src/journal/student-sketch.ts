// How many different students calls concerned. Up to 512 students it is exact; beyond, a HyperLogLog of 4,096 registers
// (Flajolet et al., 2007) with a standard error of 1.6 %. It holds a part of the blind index, which is keyed, and is
// dropped long before the lines may be erased (see forgetPast): it never tells more than the lines do.

/** Students that are held one by one. */
const listLimit = 512;
/** Of the blind index, 40 bits: two of 512 students share them once in eight million. */
const hashBytes = 5;
const registerBits = 12;
const registers = 2 ** registerBits;
const restBits = hashBytes * 8 - registerBits;
/** 2^-rank. */
const weights = Float64Array.from({ length: 64 }, (_, rank) => 2 ** -rank);
const listMark = 1;
/** A byte for each register: what was stored before `packedMark`. */
const registersMark = 2;
/** Six bits for each register: with its key, a row then fits a page of SQLite, where the rest would be read page by page. */
const packedMark = 3;

const none = new Uint8Array(0);

/** A set of students that can be counted and joined with others. */
export class StudentSketch {
  #list: Set<number> | undefined = new Set();
  #registers = none;

  /** Adds a student by blind index, which is uniformly distributed. */
  add(blindIndex: Uint8Array): void {
    this.#addHash(readHash(blindIndex, 0));
  }

  /** Adds all students of the other sketch. */
  join(other: StudentSketch): void {
    if (other.#list !== undefined) {
      for (const hash of other.#list) this.#addHash(hash);
      return;
    }
    if (this.#list?.size === 0) {
      this.#list = undefined;
      this.#registers = other.#registers.slice();
      return;
    }
    this.#widen();
    raise(this.#registers, other.#registers);
  }

  /** The number of students: exact up to 512, then an estimate. */
  count(): number {
    if (this.#list !== undefined) return this.#list.size;
    const sum = sumOfWeights(this.#registers);
    const estimate = ((0.7213 / (1 + 1.079 / registers)) * registers * registers) / sum;
    if (estimate > 2.5 * registers) return Math.round(estimate);
    // Linear counting is better while many registers are empty.
    let empty = 0;
    for (let index = 0; index < registers; index += 1)
      empty += ((this.#registers[index] as number) - 1) >>> 31;
    return Math.round(empty > 0 ? registers * Math.log(registers / empty) : estimate);
  }

  /** Equal sets of students have equal bytes. */
  encode(): Buffer {
    if (this.#list === undefined) return pack(this.#registers);
    const bytes = Buffer.allocUnsafe(1 + this.#list.size * hashBytes);
    bytes[0] = listMark;
    let offset = 1;
    const hashes = [...this.#list];
    if (hashes.length > 1) hashes.sort((a, b) => a - b);
    for (const hash of hashes) {
      offset = bytes.writeUIntBE(hash, offset, hashBytes);
    }
    return bytes;
  }

  static decode(bytes: Uint8Array): StudentSketch {
    const sketch = new StudentSketch();
    if (bytes[0] !== listMark) {
      sketch.#list = undefined;
      sketch.#registers = bytes[0] === registersMark ? new Uint8Array(bytes.subarray(1)) : unpack(bytes);
      return sketch;
    }
    for (let offset = 1; offset < bytes.length; offset += hashBytes) {
      sketch.#list?.add(readHash(bytes, offset));
    }
    return sketch;
  }

  #addHash(hash: number): void {
    if (this.#list === undefined) {
      this.#addToRegisters(hash);
      return;
    }
    this.#list.add(hash);
    if (this.#list.size > listLimit) this.#widen();
  }

  #widen(): void {
    const list = this.#list;
    if (list === undefined) return;
    this.#list = undefined;
    this.#registers = new Uint8Array(registers);
    for (const hash of list) this.#addToRegisters(hash);
  }

  #addToRegisters(hash: number): void {
    const rest = hash % 2 ** restBits;
    const index = Math.floor(hash / 2 ** restBits);
    // Place of the first bit that is set in the rest: 28 bits fit a 32-bit number.
    const rank = Math.clz32(rest) - (32 - restBits) + 1;
    if (rank > (this.#registers[index] as number)) this.#registers[index] = rank;
  }
}

/** Four registers in three bytes, after the mark. */
function pack(ranks: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(1 + (registers / 4) * 3);
  bytes[0] = packedMark;
  for (let [index, offset] = [0, 1]; index < registers; index += 4, offset += 3) {
    const [a, b, c, d] = [ranks[index], ranks[index + 1], ranks[index + 2], ranks[index + 3]] as Four;
    bytes[offset] = a | (b << 6);
    bytes[offset + 1] = (b >> 2) | (c << 4);
    bytes[offset + 2] = (c >> 4) | (d << 2);
  }
  return bytes;
}

function unpack(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const ranks = new Uint8Array(registers);
  const words = new DataView(ranks.buffer);
  for (let [index, offset] = [0, 1]; index < registers; index += 4, offset += 3) {
    const [a, b, c] = [bytes[offset], bytes[offset + 1], bytes[offset + 2]] as Three;
    const four = a | (b << 8) | (c << 16);
    const spread =
      (four & 63) | ((four << 2) & 0x3f_00) | ((four << 4) & 0x3f_00_00) | ((four << 6) & 0x3f_00_00_00);
    words.setInt32(index, spread, true);
  }
  return ranks;
}

type Three = readonly [number, number, number];
type Four = readonly [...Three, number];

/** In four sums, none of which waits for another one. All are exact, in whatever order. */
function sumOfWeights(ranks: Uint8Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let index = 0; index < registers; index += 4) {
    a += weights[ranks[index] as number] as number;
    b += weights[ranks[index + 1] as number] as number;
    c += weights[ranks[index + 2] as number] as number;
    d += weights[ranks[index + 3] as number] as number;
  }
  return a + b + c + d;
}

/**
 * Each register becomes the larger one of both, four at a time: which one that is follows no pattern, so that a branch for
 * each would be guessed wrong half of the time. Ranks are below 128: the highest bit of each byte is free to tell.
 */
function raise(to: Uint8Array, from: Uint8Array): void {
  const [ours, theirs] = [asWords(to), asWords(from)];
  for (let index = 0; index < ours.length; index += 1) {
    const [a, b] = [ours[index] as number, theirs[index] as number];
    const isOurs = ((a | highBits) - b) & highBits;
    const keep = isOurs | (isOurs - (isOurs >>> 7));
    ours[index] = (a & keep) | (b & ~keep);
  }
}

const highBits = 0x80_80_80_80 | 0;

/** The registers have a buffer of their own. */
function asWords({ buffer }: Uint8Array): Int32Array {
  return new Int32Array(buffer, 0, registers / Int32Array.BYTES_PER_ELEMENT);
}

function readHash(bytes: Uint8Array, offset: number): number {
  let hash = 0;
  for (let index = 0; index < hashBytes; index += 1) hash = hash * 256 + (bytes[offset + index] ?? 0);
  return hash;
}
