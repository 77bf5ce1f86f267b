/** Lines that wait before a pass is due. */
const dueLines = 4096;
const everyMs = 10_000;
const forgetEveryMs = 3_600_000;
/** Lines of one pass, and how long it should take: calls of a SQLite journal wait for it. */
const [fewestLines, firstLines, mostLines] = [64, 512, 4096];
const [shortMs, longMs] = [10, 30];

/**
 * When the roll-ups are filed, and how many lines at a time: once 4,096 wait, or after ten seconds with a write; as many
 * as take some 10 to 30 ms. Lines of one minute are filed faster than those of a month, which an update finds.
 */
export class FilingSchedule {
  readonly #monotonic: () => number;
  // What an earlier process left is unknown: the first pass is due at once.
  #waiting = dueLines;
  #limit = firstLines;
  #startedAt = 0;
  #filedAt = Number.NEGATIVE_INFINITY;
  #forgotAt = Number.NEGATIVE_INFINITY;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  wrote(lines: number): void {
    this.#waiting += lines;
  }

  get isDue(): boolean {
    return this.#waiting >= dueLines || (this.#waiting > 0 && this.#monotonic() - this.#filedAt >= everyMs);
  }

  /** Lines that a pass takes at most. */
  get limit(): number {
    return this.#limit;
  }

  /** Starts a pass and tells how many lines it takes at most. */
  start(): number {
    this.#startedAt = this.#monotonic();
    return this.#limit;
  }

  /** The pass ended. With less lines than it could take nothing waits any more, unless `more` tells otherwise. */
  filed(lines: number, more = lines >= this.#limit): void {
    this.#filedAt = this.#monotonic();
    this.#waiting = more ? Math.max(this.#waiting - lines, dueLines) : 0;
    const tookMs = this.#filedAt - this.#startedAt;
    if (tookMs > longMs) this.#limit = Math.max(fewestLines, this.#limit >> 1);
    else if (lines >= this.#limit && tookMs < shortMs) this.#limit = Math.min(mostLines, this.#limit * 2);
  }

  /** Whether it is time, and nothing waits, to forget the past; true once an hour. */
  mayForget(): boolean {
    if (this.#waiting > 0 || this.#monotonic() - this.#forgotAt < forgetEveryMs) return false;
    this.#forgotAt = this.#monotonic();
    return true;
  }
}
