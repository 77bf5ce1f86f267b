import ipaddr from "ipaddr.js";
import type { Clock } from "../clock.ts";
import { createKeyLimiter, type KeyLimit } from "./key-limiter.ts";

/** Limits the refused requests of one client address, so that a stranger can neither guess nor flood at will. */
export interface AddressLimiter {
  /** Counts a refused request. Throws `address_limited` with `retryAfterMs` when the address had too many. */
  countRefusal(address: string): void;
  /** Number of addresses that are remembered. */
  readonly size: number;
}

export const defaultAddressLimit: KeyLimit = { burst: 50, perSecond: 10, maxKeys: 10_000 };

export function createAddressLimiter(clock: Clock, limit: KeyLimit = defaultAddressLimit): AddressLimiter {
  const limiter = createKeyLimiter(clock, limit, "address_limited");
  return {
    countRefusal: (address) => limiter.count(addressKey(address)),
    get size() {
      return limiter.size;
    },
  };
}

/** An IPv6 subscriber owns a /64 at least and can change address at each request: the network is counted. */
function addressKey(address: string): string {
  if (!address.includes(":") || !ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(":") : parsed.toString();
}
