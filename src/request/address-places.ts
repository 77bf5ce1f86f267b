import { addressKey } from "../access/address-key.ts";

/** Places of which a client may hold some at a time; none is remembered of whoever holds none. */
export class AddressPlaces {
  readonly #most: number;
  readonly #held = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a place, or more, unless the address would hold more than it may. */
  enter(address: string, places = 1): boolean {
    const key = addressKey(address);
    const held = (this.#held.get(key) ?? 0) + places;
    if (held > this.#most) return false;
    this.#held.set(key, held);
    return true;
  }

  /** Gives back places that were taken. */
  leave(address: string, places = 1): void {
    const key = addressKey(address);
    const left = (this.#held.get(key) ?? places) - places;
    if (left === 0) this.#held.delete(key);
    else this.#held.set(key, left);
  }
}
