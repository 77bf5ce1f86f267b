// What the guard knows of one token, and the calls that wait on its behalf.
import { createSlidingWindow, type SlidingWindow } from "./sliding-window.ts";

/** Permits that are counted elsewhere, for all instances (see lease.ts). */
export interface Supply {
  /** Permits at hand. */
  readonly stock: number;
  /** Uses one permit. */
  spend(nowMs: number): void;
  /** Says how many calls wait for a permit, from now on. */
  want(calls: number): void;
}

/** The supply of who counts alone. */
export const unlimitedSupply: Supply = { stock: Number.POSITIVE_INFINITY, spend() {}, want() {} };

/** A call that waits for its turn. The queue calls exactly one of `release` and `refuse`, once. */
export interface Waiter {
  readonly share: TokenShare;
  readonly expiresMs: number;
  release(nowMs: number): void;
  refuse(refusal: Refusal): void;
}

export interface Refusal {
  /** Whose rate is exhausted. */
  readonly by: "token" | "service";
  readonly retryAfterMs: number;
}

/** What one token used, asked for and waits for. */
export interface TokenShare {
  readonly tokenId: string;
  limit: number;
  window: SlidingWindow;
  /** Permits of the token over all instances; absent while nobody needs to count them. */
  supply: Supply | undefined;
  readonly waiting: Waiter[];
  /** Calls in the current period of one second. */
  period: number;
  calls: number;
  /** Most calls that the token wanted in a second of this period and of the one before: what it will need. */
  asked: number;
  askedBefore: number;
  /** Instant of the last call asked for, and its distance from the one before. */
  askedMs: number;
  sinceAskedMs: number;
}

/** A token that has not called yet. */
export function newTokenShare(tokenId: string, limit: number): TokenShare {
  return {
    tokenId,
    limit,
    window: createSlidingWindow(limit),
    supply: undefined,
    waiting: [],
    period: Number.NEGATIVE_INFINITY,
    calls: 0,
    asked: 0,
    askedBefore: 0,
    askedMs: Number.NEGATIVE_INFINITY,
    sinceAskedMs: Number.POSITIVE_INFINITY,
  };
}
