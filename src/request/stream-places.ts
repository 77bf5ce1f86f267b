import { serviceError } from "../errors.ts";

/** Streams (health watches, reflection) that may be open at a time, in all and for one address. */
const maxStreams = 200;
const maxStreamsOfAddress = 20;

export interface StreamPlaces {
  /** Takes a place. Errors: `service_saturated`. */
  enter(address: string): void;
  leave(address: string): void;
}

/** Streams need no token, so that anybody could pile them up, and take the places of everybody else. */
export function createStreamPlaces(): StreamPlaces {
  const byAddress = new Map<string, number>();
  let open = 0;
  return {
    enter(address) {
      const own = byAddress.get(address) ?? 0;
      if (open >= maxStreams || own >= maxStreamsOfAddress) {
        throw serviceError("service_saturated", { retryAfterMs: 1000 });
      }
      open += 1;
      byAddress.set(address, own + 1);
    },
    leave(address) {
      const own = (byAddress.get(address) ?? 1) - 1;
      open -= 1;
      if (own === 0) byAddress.delete(address);
      else byAddress.set(address, own);
    },
  };
}
