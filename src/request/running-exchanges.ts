import type { Exchange } from "./exchange.ts";

export interface Running {
  readonly exchange: Exchange;
  /** On the monotonic clock, in milliseconds. */
  readonly startedAt: number;
  /** Where it stands among those that run. */
  readonly place: number;
}

/**
 * The exchanges that are served now, in places that are used again. Not a Map or a Set: one whose entries come and go is
 * moved to a new table every few dozen of them, and the dead table points to the next one. Once the old generation holds
 * one, each later table survives every scavenge, and with it all exchanges that waited for the journal meanwhile.
 */
export class RunningExchanges {
  readonly #places: (Running | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#places.length - this.#free.length;
  }

  enter(exchange: Exchange, startedAt: number): Running {
    const place = this.#free.pop() ?? this.#places.length;
    const running = { exchange, startedAt, place };
    this.#places[place] = running;
    return running;
  }

  leave({ place }: Running): void {
    this.#places[place] = undefined;
    this.#free.push(place);
  }

  *[Symbol.iterator](): Generator<Running> {
    for (const running of this.#places) if (running !== undefined) yield running;
  }
}
