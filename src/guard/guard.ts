import type { Awaitable } from "../awaitable.ts";

/** What a caller is told of its rate, as `RateLimit-*` headers. */
export interface Allowance {
  /** Calls per second that the token may make. */
  readonly limit: number;
  /** Calls that are left in the current second. */
  readonly remaining: number;
  /** Milliseconds until the whole allowance is back. */
  readonly resetMs: number;
}

/** Shares the service's calls per second among tokens (terms, article 3). */
export interface Guard {
  /**
   * Takes one call of the token's share and one of the service's. It answers at once when both are at hand, waits
   * a bounded time for its turn otherwise, and throws `rate_limited` (the token's share) or `service_saturated`
   * (the service's), with `retryAfterMs`, when the turn would come too late. `caller.signal` gives the place up;
   * it is only read when the call has to wait, so that it can be made on first use.
   */
  admit(
    tokenId: string,
    callsPerSecond: number | undefined,
    caller: { readonly signal: AbortSignal },
  ): Awaitable<Allowance>;
  /** What the token has left, without taking anything. */
  allowance(tokenId: string, callsPerSecond: number | undefined): Allowance;
  /** How limits are shared now: alone, through Redis, or by the local share because Redis does not answer. */
  readonly mode: "alone" | "shared" | "local-share";
  /** Calls that wait for their turn now. */
  readonly waiting: number;
  close(): Promise<void>;
}
