// A hash table of token secrets in three flat arrays: a look touches two or three lines of the processor's cache, where a
// Map of entries, each with a Buffer of its own, follows seven pointers to anywhere.

/** Bytes of a SHA-256, in words of 32 bits. */
const hashWords = 8;
/** Slots for each secret at least, so that few are asked before the right one. */
const slotsPerSecret = 2;
const firstSecrets = 64;

/** Values by the SHA-256 of a secret. Hashes are compared whole, in constant time. */
export class SecretTable<Value> {
  #values: Value[] = [];
  #hashes = new Int32Array(firstSecrets * hashWords);
  /** Place of a secret plus one; 0 is an empty slot. Their number is a power of two. */
  #slots = new Int32Array(firstSecrets * slotsPerSecret);
  readonly #asked = new Int32Array(hashWords);

  get size(): number {
    return this.#values.length;
  }

  /** Hot: of each call. `hash` is a SHA-256. */
  find(hash: Uint8Array): Value | undefined {
    const place = this.#slots[this.#slotOf(hash)] as number;
    return place === 0 ? undefined : this.#values[place - 1];
  }

  /** Adds a secret, or replaces what is known of it. */
  put(hash: Uint8Array, value: Value): void {
    const slot = this.#slotOf(hash);
    const place = this.#slots[slot] as number;
    if (place > 0) {
      this.#values[place - 1] = value;
      return;
    }
    this.#hashes.set(this.#asked, this.#values.length * hashWords);
    this.#values.push(value);
    this.#slots[slot] = this.#values.length;
    if (this.#values.length * hashWords === this.#hashes.length) this.#grow();
  }

  /** The slot of a secret, or the empty one that would be its own. */
  #slotOf(hash: Uint8Array): number {
    const asked = this.#asked;
    for (let word = 0; word < hashWords; word += 1) asked[word] = wordAt(hash, word * 4);
    let slot = this.#firstSlot(asked[0] as number);
    for (;;) {
      const place = this.#slots[slot] as number;
      if (place === 0 || this.#isAsked(place - 1)) return slot;
      slot = (slot + 1) & (this.#slots.length - 1);
    }
  }

  #firstSlot(word: number): number {
    return word & (this.#slots.length - 1);
  }

  /** All words are compared, wherever they differ. */
  #isAsked(place: number): boolean {
    let difference = 0;
    for (let word = 0; word < hashWords; word += 1) {
      difference |= (this.#hashes[place * hashWords + word] as number) ^ (this.#asked[word] as number);
    }
    return difference === 0;
  }

  #grow(): void {
    const hashes = new Int32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let place = 0; place < this.#values.length; place += 1) {
      let slot = this.#firstSlot(hashes[place * hashWords] as number);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (this.#slots.length - 1);
      this.#slots[slot] = place + 1;
    }
  }
}

function wordAt(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset] as number) |
    ((bytes[offset + 1] as number) << 8) |
    ((bytes[offset + 2] as number) << 16) |
    ((bytes[offset + 3] as number) << 24)
  );
}
