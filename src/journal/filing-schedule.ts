/** Lines that wait before a pass is due. */
const dueLines = 4096;
const everyMs = 10_000;
const forgetEveryMs = 3_600_000;
/** Bytes of bundles that may wait: what a reader of all tokens' calls adds up. */
export const mostBundled = 4 * 1024 * 1024;
/** While passes come by time and not by lines, no bundle waits longer. */
const mergeEveryMs = 60_000;
/**
 * Rows of one pass, and how long it should take: calls of a SQLite journal wait for it. Less than the fewest would not
 * end sooner on a busy machine, and would cost each line more, the busier the machine is.
 */
const [fewestRows, firstRows, mostRows] = [512, 1024, 4096];
export const shortMs = 10;
const longMs = 30;

/**
 * When the roll-ups are filed, and how much at a time: once 4,096 lines wait, or after ten seconds with a write; as much
 * as takes some 10 to 30 ms. What a pass costs is its rows: the lines that it reads, or the series and students' days of
 * lines that are added up already. Lines of one minute are filed faster than those of a month, which an update finds.
 */
export class FilingSchedule {
  readonly #monotonic: () => number;
  // What an earlier process left is unknown: the first pass is due at once.
  #waiting = dueLines;
  #limit = firstRows;
  #startedAt = 0;
  #filedAt = Number.NEGATIVE_INFINITY;
  #forgotAt = Number.NEGATIVE_INFINITY;
  // Whether a pass may have made more bundles than may wait; an earlier process may have, too.
  #mayBundle = true;
  #isCalm = true;
  #mergedAt: number;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
    this.#mergedAt = monotonic();
  }

  wrote(lines: number): void {
    this.#waiting += lines;
  }

  get isDue(): boolean {
    return this.#waiting >= dueLines || (this.#waiting > 0 && this.#monotonic() - this.#filedAt >= everyMs);
  }

  /** Rows that a pass takes at most. */
  get limit(): number {
    return this.#limit;
  }

  /** Starts a pass and tells how many rows it takes at most. */
  start(): number {
    this.#startedAt = this.#monotonic();
    return this.#limit;
  }

  /** The pass ended. With less rows than it could take nothing waits any more, unless `more` tells otherwise. */
  filed(lines: number, rows = lines, more = rows >= this.#limit): void {
    this.#filedAt = this.#monotonic();
    this.#mayBundle = true;
    this.#isCalm = lines < dueLines;
    this.#waiting = more ? Math.max(this.#waiting - lines, dueLines) : 0;
    const tookMs = this.#filedAt - this.#startedAt;
    if (tookMs > longMs) this.#limit = Math.max(fewestRows, this.#limit >> 1);
    else if (rows >= this.#limit && tookMs < shortMs) this.#limit = Math.min(mostRows, this.#limit * 2);
  }

  /** Bytes of bundles that may stay when others are merged now; undefined when it is not time to merge. */
  get mayStay(): number | undefined {
    if (this.#isCalm && this.#monotonic() - this.#mergedAt >= mergeEveryMs) return 0;
    return this.#mayBundle ? mostBundled : undefined;
  }

  /** No more bundles than this stayed. */
  merged(stayed: number): void {
    this.#mayBundle = false;
    if (stayed === 0) this.#mergedAt = this.#monotonic();
  }

  /** Whether it is time, and nothing waits, to forget the past; true once an hour. */
  mayForget(): boolean {
    if (this.#waiting > 0 || this.#monotonic() - this.#forgotAt < forgetEveryMs) return false;
    this.#forgotAt = this.#monotonic();
    return true;
  }
}
