import type { Clock } from "../clock.ts";
import { type ErrorId, serviceError } from "../errors.ts";

/** Limits how often something happens for each of many keys, of which strangers can make as many as they like. */
export interface KeyLimiter {
  /** Counts one. Throws the limiter's error with `retryAfterMs` when the key had too many. */
  count(key: string): void;
  /**
   * Counts one that may come to nothing, for work that costs somebody something; what is returned gives it back.
   * Throws as `count` does.
   */
  reserve(key: string): () => void;
  /** Number of keys that are remembered. */
  readonly size: number;
}

export interface KeyLimit {
  /** How many a key may have at once. */
  readonly burst: number;
  /** How many it gets back each second. */
  readonly perSecond: number;
  /** Keys remembered; beyond, the one that was counted longest ago is forgotten. */
  readonly maxKeys: number;
}

/**
 * The arithmetic of a bucket that refills steadily (GCRA): `fullAt` is the instant at which the whole burst is back.
 * Gives the new instant, or how long to wait when nothing is left. All in milliseconds.
 */
export function spendOne(
  fullAt: number,
  now: number,
  { burst, perSecond }: KeyLimit,
): { readonly fullAt: number; readonly retryAfterMs: number } {
  const intervalMs = 1000 / perSecond;
  const next = Math.max(fullAt, now) + intervalMs;
  const retryAfterMs = next - now - burst * intervalMs;
  // A rounding error of the division must not refuse the last of a burst.
  return retryAfterMs > 1e-6 ? { fullAt, retryAfterMs } : { fullAt: next, retryAfterMs: 0 };
}

/** A bucket for each of many keys. */
export interface KeyBuckets {
  /** Takes one of a key. Gives 0, or how long to wait when nothing is left, in milliseconds: then nothing is taken. */
  spend(key: string): number;
  /** Gives back one that was taken. */
  giveBack(key: string): void;
  readonly size: number;
}

export function createKeyBuckets(clock: Clock, limit: KeyLimit): KeyBuckets {
  // In the order of their last count: the first one is forgotten first.
  const fullAtByKey = new Map<string, number>();
  return {
    spend(key) {
      const now = clock.monotonic();
      const { fullAt, retryAfterMs } = spendOne(fullAtByKey.get(key) ?? now, now, limit);
      fullAtByKey.delete(key);
      if (fullAtByKey.size >= limit.maxKeys) forgetOldest(fullAtByKey);
      fullAtByKey.set(key, fullAt);
      return retryAfterMs;
    },
    giveBack(key) {
      const fullAt = fullAtByKey.get(key);
      // It may have been forgotten meanwhile. What is given back too late does no harm: no burst is more than full.
      if (fullAt !== undefined) fullAtByKey.set(key, fullAt - 1000 / limit.perSecond);
    },
    get size() {
      return fullAtByKey.size;
    },
  };
}

export function createKeyLimiter(clock: Clock, limit: KeyLimit, errorId: ErrorId): KeyLimiter {
  const buckets = createKeyBuckets(clock, limit);
  const count = (key: string): void => {
    const retryAfterMs = buckets.spend(key);
    if (retryAfterMs > 0) throw serviceError(errorId, { retryAfterMs });
  };
  return {
    count,
    reserve(key) {
      count(key);
      return () => buckets.giveBack(key);
    },
    get size() {
      return buckets.size;
    },
  };
}

function forgetOldest(map: Map<string, number>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
