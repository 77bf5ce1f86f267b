import { addressKey } from "../access/address-key.ts";

/** Places of which a client may hold some at a time; none is remembered of whoever holds none. */
export class AddressPlaces {
  readonly #most: number;
  readonly #held = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a place, unless the address holds as many as it may. */
  enter(address: string): boolean {
    const key = addressKey(address);
    const held = this.#held.get(key) ?? 0;
    if (held >= this.#most) return false;
    this.#held.set(key, held + 1);
    return true;
  }

  /** Gives back a place that was taken. */
  leave(address: string): void {
    const key = addressKey(address);
    const left = (this.#held.get(key) ?? 1) - 1;
    if (left === 0) this.#held.delete(key);
    else this.#held.set(key, left);
  }
}
