import type { Clock } from "../../src/clock.ts";

export interface SetClock extends Clock {
  /** Sets the date; monotonic time goes on by as much when that is later. */
  set(now: number): void;
  advance(ms: number): void;
}

/** A clock that stands still until a test moves it. */
export function setClock(start: number): SetClock {
  let now = start;
  let monotonic = 0;
  return {
    now: () => now,
    monotonic: () => monotonic,
    set(next) {
      monotonic += Math.max(0, next - now);
      now = next;
    },
    advance(ms) {
      now += ms;
      monotonic += ms;
    },
  };
}
