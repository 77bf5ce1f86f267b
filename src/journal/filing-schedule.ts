import { passLines } from "./file-rollups-storage.ts";

const everyMs = 10_000;
const forgetEveryMs = 3_600_000;

/** When the roll-ups are filed: once a pass is full, or after ten seconds with a write. */
export class FilingSchedule {
  readonly #monotonic: () => number;
  // What an earlier process left is unknown: the first pass is due at once.
  #waiting = passLines;
  #filedAt = Number.NEGATIVE_INFINITY;
  #forgotAt = Number.NEGATIVE_INFINITY;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  wrote(lines: number): void {
    this.#waiting += lines;
  }

  get isDue(): boolean {
    return this.#waiting >= passLines || (this.#waiting > 0 && this.#monotonic() - this.#filedAt >= everyMs);
  }

  /** A pass ended: with less than a whole one, nothing waits any more. */
  filed(lines: number): void {
    this.#filedAt = this.#monotonic();
    this.#waiting = lines >= passLines ? Math.max(this.#waiting - lines, passLines) : 0;
  }

  /** Whether it is time, and nothing waits, to forget the past; true once an hour. */
  mayForget(): boolean {
    if (this.#waiting > 0 || this.#monotonic() - this.#forgotAt < forgetEveryMs) return false;
    this.#forgotAt = this.#monotonic();
    return true;
  }
}
