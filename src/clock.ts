/** The only reader of the time. Everything else is handed a clock, so that tests can set the date. */
export interface Clock {
  /** Wall-clock time, in milliseconds since 1970-01-01T00:00:00Z. It may jump when the machine's clock is set. */
  now(): number;
  /** Monotonic time in milliseconds, with a fraction, from an arbitrary origin. It never goes back. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
