import { serviceError } from "../errors.ts";
import { AddressPlaces } from "./address-places.ts";

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
  const places = new AddressPlaces(maxStreamsOfAddress);
  let open = 0;
  return {
    enter(address) {
      if (open >= maxStreams || !places.enter(address)) {
        throw serviceError("service_saturated", { retryAfterMs: 1000 });
      }
      open += 1;
    },
    leave(address) {
      open -= 1;
      places.leave(address);
    },
  };
}
