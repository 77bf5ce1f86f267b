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

/** Numbers of a new ring: as many as V8 keeps with the object itself. */
const firstNumbers = 8;

class ExactWindow implements SlidingWindow {
  lastMs = Number.NEGATIVE_INFINITY;
  #instants: Float64Array;
  #oldest = 0;
  #size = 0;

  constructor(limit: number) {
    this.#instants = new Float64Array(Math.min(limit, firstNumbers));
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
    if (this.count(nowMs) === this.#instants.length) {
      this.#instants = unrolled(this.#instants, this.#oldest);
      this.#oldest = 0;
    }
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
}

const slices = 256;
/** Exact in binary, so that slices never drift. */
const sliceMs = windowMs / slices;
/** Slices that count at once: the oldest counts until its end is a second old. */
const counted = slices + 1;

/** A ring of the slices that had calls, each its number and its calls: a token that calls seldom takes a few bytes. */
class SlicedWindow implements SlidingWindow {
  lastMs = Number.NEGATIVE_INFINITY;
  #ring: Float64Array = new Float64Array(firstNumbers);
  #oldest = 0;
  #slices = 0;
  #size = 0;

  count(nowMs: number): number {
    // A slice is numbered so that slice `n` is forgotten at instant `n * sliceMs`.
    const gone = Math.floor(nowMs / sliceMs);
    while (this.#slices > 0 && (this.#ring[this.#oldest] as number) <= gone) {
      this.#size -= this.#ring[this.#oldest + 1] as number;
      this.#oldest = this.#oldest + 2 === this.#ring.length ? 0 : this.#oldest + 2;
      this.#slices -= 1;
    }
    return this.#size;
  }

  add(nowMs: number): void {
    this.count(nowMs);
    const slice = Math.floor(nowMs / sliceMs) + counted;
    if (this.#slices === 0 || this.#ring[this.#index(this.#slices - 1)] !== slice) this.#open(slice);
    (this.#ring[this.#index(this.#slices - 1) + 1] as number) += 1;
    this.#size += 1;
    this.lastMs = nowMs;
  }

  freeAt(nowMs: number, limit: number): number {
    let left = this.count(nowMs);
    if (left < limit) return nowMs;
    if (limit <= 0) return Number.POSITIVE_INFINITY;
    for (let position = 0; position < this.#slices; position += 1) {
      const index = this.#index(position);
      left -= this.#ring[index + 1] as number;
      if (left < limit) return (this.#ring[index] as number) * sliceMs;
    }
    return nowMs + windowMs;
  }

  #open(slice: number): void {
    if (this.#slices * 2 === this.#ring.length) {
      this.#ring = unrolled(this.#ring, this.#oldest);
      this.#oldest = 0;
    }
    const index = this.#index(this.#slices);
    this.#ring[index] = slice;
    this.#ring[index + 1] = 0;
    this.#slices += 1;
  }

  /** Of the number of a slice; its calls come behind it. */
  #index(position: number): number {
    const index = this.#oldest + position * 2;
    return index < this.#ring.length ? index : index - this.#ring.length;
  }
}

/** A full ring as the first half of one twice as long, from its oldest number on. */
function unrolled(ring: Float64Array, oldest: number): Float64Array {
  const grown = new Float64Array(ring.length * 2);
  grown.set(ring.subarray(oldest));
  grown.set(ring.subarray(0, oldest), ring.length - oldest);
  return grown;
}
