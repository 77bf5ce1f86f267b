/** Up to here small pieces are put together, in bytes. */
const gatheredBytes = 4096;

/**
 * Pieces of a body that wait. A client may send them a byte at a time: each would be a hundred bytes of objects, and keep
 * all that arrived with it in memory. One alone is kept as it is.
 */
export class BodyPieces {
  #pieces: Uint8Array[] = [];
  /** Memory behind the last piece that has room for more. */
  #room: Buffer | undefined;

  get count(): number {
    return this.#pieces.length;
  }

  add(piece: Uint8Array): void {
    const index = this.#pieces.length - 1;
    const last = this.#pieces[index];
    const bytes = (last?.byteLength ?? 0) + piece.byteLength;
    if (last === undefined || bytes > gatheredBytes) {
      this.#pieces.push(piece);
      this.#room = undefined;
      return;
    }
    if (this.#room === undefined || this.#room.byteLength < bytes) {
      this.#room = Buffer.allocUnsafeSlow(Math.min(gatheredBytes, 2 * bytes));
      this.#room.set(last);
    }
    this.#room.set(piece, last.byteLength);
    this.#pieces[index] = this.#room.subarray(0, bytes);
  }

  shift(): Uint8Array | undefined {
    return this.#pieces.shift();
  }

  clear(): void {
    if (this.#pieces.length === 0) return;
    this.#pieces = [];
    this.#room = undefined;
  }

  /** All of them as one, without a copy of one alone. */
  join(): Uint8Array {
    const [first] = this.#pieces;
    return this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces);
  }
}
