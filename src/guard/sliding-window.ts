// Counts the calls of the last second: arithmetic on instants that the caller passes, no clock inside. A call made
// at instant t counts in (t, t + 1000 ms]: waiting exactly one second makes room.

/** Length of the window, in milliseconds. */
export const windowMs = 1000;

/** Error that a difference of monotonic instants may carry, in milliseconds: a nanosecond, the clock's own resolution. */
const instantErrorMs = 1e-6;

/** A wait that a caller is told of, in whole milliseconds, rounded up; one second stays 1000 whatever the instants are. */
export function wholeMs(waitMs: number): number {
  return Math.ceil(waitMs - instantErrorMs);
}

/** Calls of the last second. Instants are monotonic milliseconds and must not decrease from call to call. */
export interface SlidingWindow {
  /** Number of calls in the second that ends now. */
  count(nowMs: number): number;
  add(nowMs: number): void;
  /**
   * Earliest instant at which, without new calls, fewer than `limit` calls are counted; now when this is so already.
   */
  freeAt(nowMs: number, limit: number): number;
  /** Instant of the latest call, or -Infinity. */
  readonly lastMs: number;
}

/** Largest limit that is counted exactly: beyond, the ring of instants would cost more than its precision is worth. */
export const exactLimit = 4096;

/**
 * A window for at most `limit` calls. Up to `exactLimit` it keeps every instant and is exact. Beyond, it counts in
 * slices of 1/256 s and forgets a slice when its end is a second old: never more than the limit in any second, and
 * at most 0.4 % less.
 */
export function createSlidingWindow(limit: number): SlidingWindow {
  return limit <= exactLimit ? new ExactWindow(limit) : new SlicedWindow();
}

class ExactWindow implements SlidingWindow {
  lastMs = Number.NEGATIVE_INFINITY;
  #instants: Float64Array;
  #oldest = 0;
  #size = 0;

  constructor(limit: number) {
    this.#instants = new Float64Array(Math.min(limit, 32));
  }

  count(nowMs: number): number {
    const instants = this.#instants;
    while (this.#size > 0 && (instants[this.#oldest] as number) + windowMs <= nowMs) {
      this.#oldest = this.#oldest + 1 === instants.length ? 0 : this.#oldest + 1;
      this.#size -= 1;
    }
    return this.#size;
  }

  add(nowMs: number): void {
    if (this.count(nowMs) === this.#instants.length) this.#grow();
    this.#instants[this.#index(this.#size)] = nowMs;
    this.#size += 1;
    this.lastMs = nowMs;
  }

  freeAt(nowMs: number, limit: number): number {
    const size = this.count(nowMs);
    if (size < limit) return nowMs;
    return limit <= 0
      ? Number.POSITIVE_INFINITY
      : (this.#instants[this.#index(size - limit)] as number) + windowMs;
  }

  #index(position: number): number {
    const index = this.#oldest + position;
    return index < this.#instants.length ? index : index - this.#instants.length;
  }

  #grow(): void {
    const grown = new Float64Array(this.#instants.length * 2);
    for (let position = 0; position < this.#size; position += 1) {
      grown[position] = this.#instants[this.#index(position)] as number;
    }
    this.#instants = grown;
    this.#oldest = 0;
  }
}

const slices = 256;
/** Exact in binary, so that slices never drift. */
const sliceMs = windowMs / slices;
/** One more than a second holds: the oldest slice counts until its end is a second old. */
const counters = slices + 1;

class SlicedWindow implements SlidingWindow {
  lastMs = Number.NEGATIVE_INFINITY;
  readonly #counts = new Float64Array(counters);
  /** Number of the current slice. Slices are numbered so that slice `n` is forgotten at instant `n * sliceMs`. */
  #head = Number.NEGATIVE_INFINITY;
  #size = 0;

  count(nowMs: number): number {
    const slice = Math.floor(nowMs / sliceMs) + counters;
    if (slice > this.#head) this.#advance(slice);
    return this.#size;
  }

  add(nowMs: number): void {
    this.count(nowMs);
    this.#size += 1;
    (this.#counts[this.#head % counters] as number) += 1;
    this.lastMs = nowMs;
  }

  freeAt(nowMs: number, limit: number): number {
    let left = this.count(nowMs);
    if (left < limit) return nowMs;
    if (limit <= 0) return Number.POSITIVE_INFINITY;
    for (let slice = this.#head - slices; slice <= this.#head; slice += 1) {
      left -= this.#counts[slice % counters] as number;
      if (left < limit) return slice * sliceMs;
    }
    return nowMs + windowMs;
  }

  #advance(slice: number): void {
    if (slice - this.#head > slices) {
      this.#counts.fill(0);
      this.#size = 0;
    } else {
      for (let gone = this.#head + 1; gone <= slice; gone += 1) {
        const index = gone % counters;
        this.#size -= this.#counts[index] as number;
        this.#counts[index] = 0;
      }
    }
    this.#head = slice;
  }
}
