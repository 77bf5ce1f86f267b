import type { Clock } from "../clock.ts";
import { addressKey } from "./address-key.ts";
import { createKeyLimiter, type KeyLimit } from "./key-limiter.ts";

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

export const defaultAddressLimit: KeyLimit = { burst: 50, perSecond: 10, maxKeys: 10_000 };

export function createAddressLimiter(clock: Clock, limit: KeyLimit = defaultAddressLimit): AddressLimiter {
  const limiter = createKeyLimiter(clock, limit, "address_limited");
  return {
    countRefusal: (address) => limiter.count(addressKey(address)),
    reserve: (address) => limiter.reserve(addressKey(address)),
    get size() {
      return limiter.size;
    },
  };
}
