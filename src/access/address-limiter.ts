import ipaddr from "ipaddr.js";
import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";

/** Limits the refused requests of one client address, so that a stranger can neither guess nor flood at will. */
export interface AddressLimiter {
  /** Counts a refused request. Throws `address_limited` with `retryAfterMs` when the address had too many. */
  countRefusal(address: string): void;
  /**
   * Counts a refusal that may not come, for work that costs somebody something; what is returned gives it back.
   * Throws as `countRefusal` does.
   */
  reserve(address: string): () => void;
  /** Number of addresses that are remembered. */
  readonly size: number;
}

export interface AddressLimit {
  /** Refusals that an address may get at once. */
  readonly burst: number;
  /** Refusals that it gets back each second. */
  readonly perSecond: number;
  /** Addresses remembered; beyond, the one that was refused longest ago is forgotten. */
  readonly maxAddresses: number;
}

export const defaultAddressLimit: AddressLimit = { burst: 50, perSecond: 10, maxAddresses: 10_000 };

/**
 * The arithmetic of a bucket that refills steadily (GCRA): `fullAt` is the instant at which the whole burst is back.
 * Gives the new instant, or how long to wait when nothing is left. All in milliseconds.
 */
export function spendRefusal(
  fullAt: number,
  now: number,
  { burst, perSecond }: AddressLimit,
): { readonly fullAt: number; readonly retryAfterMs: number } {
  const intervalMs = 1000 / perSecond;
  const next = Math.max(fullAt, now) + intervalMs;
  const retryAfterMs = next - now - burst * intervalMs;
  // A rounding error of the division must not refuse the last of a burst.
  return retryAfterMs > 1e-6 ? { fullAt, retryAfterMs } : { fullAt: next, retryAfterMs: 0 };
}

export function createAddressLimiter(
  clock: Clock,
  limit: AddressLimit = defaultAddressLimit,
): AddressLimiter {
  // In the order of their last refusal: the first one is forgotten first.
  const fullAtByAddress = new Map<string, number>();
  const spend = (key: string): void => {
    const now = clock.monotonic();
    const { fullAt, retryAfterMs } = spendRefusal(fullAtByAddress.get(key) ?? now, now, limit);
    fullAtByAddress.delete(key);
    if (fullAtByAddress.size >= limit.maxAddresses) forgetOldest(fullAtByAddress);
    fullAtByAddress.set(key, fullAt);
    if (retryAfterMs > 0) throw serviceError("address_limited", { retryAfterMs });
  };
  return {
    countRefusal: (address) => spend(addressKey(address)),
    reserve(address) {
      const key = addressKey(address);
      spend(key);
      return () => {
        const fullAt = fullAtByAddress.get(key);
        // It may have been forgotten meanwhile. What is given back too late does no harm: no burst is more than full.
        if (fullAt !== undefined) fullAtByAddress.set(key, fullAt - 1000 / limit.perSecond);
      };
    },
    get size() {
      return fullAtByAddress.size;
    },
  };
}

function forgetOldest(map: Map<string, number>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}

/** An IPv6 subscriber owns a /64 at least and can change address at each request: the network is counted. */
function addressKey(address: string): string {
  if (!address.includes(":") || !ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(":") : parsed.toString();
}
