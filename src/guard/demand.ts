// How much the tokens want, so that each gets its fair share of a second that is too short for all: what a token is
// expected to call, up to the limit divided by the active tokens, is kept from those who had that much already.
import { windowMs } from "./sliding-window.ts";
import type { TokenShare } from "./token-share.ts";

/** Tokens up to which reservations are summed for every decision; beyond, a sum serves for `sumAgeMs`. */
const exactSumTokens = 64;
const sumAgeMs = 10;

/** Counts by periods of one second; a token is active when it called in this period or in the one before. */
export class Demand {
  #period = 0;
  #calls = 0;
  #callsBefore = 0;
  #active = 0;
  #activeBefore = 0;
  /** Tokens that are active in both periods. */
  #stillActive = 0;
  #reserved = 0;
  #reservedAtMs = Number.NEGATIVE_INFINITY;

  /** More than all reservations together can be. */
  get bound(): number {
    return 2 * (this.#calls + this.#callsBefore);
  }

  get nextPeriodMs(): number {
    return (this.#period + 1) * windowMs;
  }

  /** Begins the period of an instant. */
  roll(nowMs: number): void {
    const period = Math.floor(nowMs / windowMs);
    if (period === this.#period) return;
    const next = period === this.#period + 1;
    this.#callsBefore = next ? this.#calls : 0;
    this.#activeBefore = next ? this.#active : 0;
    this.#stillActive = 0;
    this.#calls = 0;
    this.#active = 0;
    this.#period = period;
  }

  /** Notes that a token calls, whatever becomes of the call. */
  note(share: TokenShare, nowMs: number): void {
    this.roll(nowMs);
    if (share.period !== this.#period) this.#activate(share);
    this.#calls += 1;
    share.calls += 1;
    const inSecond = share.window.count(nowMs) + share.waiting.length + 1;
    share.asked = Math.max(share.asked, share.calls, inSecond);
    share.sinceAskedMs = nowMs - share.askedMs;
    share.askedMs = nowMs;
  }

  /** An equal part of the limit for every active token. */
  fairShare(limit: number): number {
    return limit / Math.max(1, this.#active + this.#activeBefore - this.#stillActive);
  }

  /** Calls that active tokens are expected to make, up to their fair share, and have not made in this second. */
  reserved(shares: ReadonlyMap<string, TokenShare>, fair: number, nowMs: number): number {
    const ageMs = shares.size <= exactSumTokens ? 0 : sumAgeMs;
    if (nowMs < this.#reservedAtMs + ageMs) return this.#reserved;
    let total = 0;
    for (const share of shares.values()) {
      const expected = Math.min(this.#expectedCalls(share), fair, share.limit);
      total += Math.max(0, expected - share.window.count(nowMs));
    }
    this.#reserved = total;
    this.#reservedAtMs = nowMs;
    return total;
  }

  #activate(share: TokenShare): void {
    const still = share.period === this.#period - 1;
    if (still) this.#stillActive += 1;
    share.askedBefore = still ? share.asked : 0;
    share.asked = 0;
    share.calls = 0;
    share.period = this.#period;
    this.#active += 1;
  }

  #expectedCalls(share: TokenShare): number {
    if (share.period === this.#period) return Math.max(share.asked, share.askedBefore);
    return share.period === this.#period - 1 ? share.asked : 0;
  }
}
