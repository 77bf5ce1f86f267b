/** Lets so many pass at once, and so many more each second: what is legitimate in small numbers and a flood in large ones. */
export class TokenBucket {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #monotonic: () => number;
  #left: number;
  #filledAt: number;

  /** `monotonic` is a clock in milliseconds. */
  constructor(burst: number, perSecond: number, monotonic: () => number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#monotonic = monotonic;
    this.#left = burst;
    this.#filledAt = monotonic();
  }

  /** Whether one more may pass. */
  take(): boolean {
    this.#fill();
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Lets one more pass. */
  giveBack(): void {
    if (this.#left < this.#burst) this.#left += 1;
  }

  #fill(): void {
    const now = this.#monotonic();
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#filledAt) * this.#perSecond) / 1000);
    this.#filledAt = now;
  }
}
