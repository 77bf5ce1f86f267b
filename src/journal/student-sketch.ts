// How many different students calls concerned. Up to 512 students it is exact; beyond, a HyperLogLog of 4,096 registers
// (Flajolet et al., 2007) with a standard error of 1.6 %. It holds a part of the blind index, which is keyed, and is
// dropped long before the lines may be erased (see settleSketches): it never tells more than the lines do.

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
const registersMark = 2;

/** A set of students that can be counted and joined with others. */
export class StudentSketch {
  #list: Set<number> | undefined = new Set();
  #registers = new Uint8Array(0);

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
    const [to, from] = [this.#registers, other.#registers];
    for (let index = 0; index < registers; index += 1) {
      if ((from[index] as number) > (to[index] as number)) to[index] = from[index] as number;
    }
  }

  /** The number of students: exact up to 512, then an estimate. */
  count(): number {
    if (this.#list !== undefined) return this.#list.size;
    let sum = 0;
    let empty = 0;
    for (let index = 0; index < registers; index += 1) {
      const rank = this.#registers[index] as number;
      sum += weights[rank] as number;
      if (rank === 0) empty += 1;
    }
    const estimate = ((0.7213 / (1 + 1.079 / registers)) * registers * registers) / sum;
    // Linear counting is better while many registers are empty.
    const isSmall = estimate <= 2.5 * registers && empty > 0;
    return Math.round(isSmall ? registers * Math.log(registers / empty) : estimate);
  }

  /** Equal sets of students have equal bytes. */
  encode(): Buffer {
    if (this.#list === undefined) return Buffer.concat([Buffer.from([registersMark]), this.#registers]);
    const bytes = Buffer.alloc(1 + this.#list.size * hashBytes);
    bytes[0] = listMark;
    let offset = 1;
    for (const hash of [...this.#list].sort((a, b) => a - b)) {
      offset = bytes.writeUIntBE(hash, offset, hashBytes);
    }
    return bytes;
  }

  static decode(bytes: Uint8Array): StudentSketch {
    const sketch = new StudentSketch();
    if (bytes[0] === registersMark) {
      sketch.#list = undefined;
      sketch.#registers = new Uint8Array(bytes.subarray(1));
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

function readHash(bytes: Uint8Array, offset: number): number {
  let hash = 0;
  for (let index = 0; index < hashBytes; index += 1) hash = hash * 256 + (bytes[offset + index] ?? 0);
  return hash;
}
