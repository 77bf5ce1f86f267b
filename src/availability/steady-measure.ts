// What the records of measures prove, whatever the clock of the moment shows. A machine may start with a clock that is
// years off, until it is set: a few measures then stand at a wrong time. Neither may they begin the months, nor may a clock
// that shows the future end one.
import type { AvailabilityStorage } from "./availability-storage.ts";
import { minuteMs } from "./judge-minutes.ts";

/** Minutes that were measured for measuring to be going on: a wrong clock is set by then. */
const steadyMinutes = 30;
/** The time, in milliseconds, in which they were. */
const steadyWithinMs = 1440 * minuteMs;

export interface SteadyMeasure {
  /**
   * The minute, before an instant, from which on the service was measured: the first one with which measuring went on;
   * while there is none, the last one that could be it; undefined: nothing was measured.
   */
  firstMinute(now: number): Promise<number | undefined>;
  /** Whether measuring has gone on from an instant to before now. */
  hasGoneOn(since: number, now: number): Promise<boolean>;
}

export function createSteadyMeasure(
  storage: Pick<AvailabilityStorage, "firstMinute" | "countMinutes">,
): SteadyMeasure {
  const hasGoneOn = async (since: number, now: number) =>
    (await storage.countMinutes(since, now, steadyMinutes)) >= steadyMinutes;
  return {
    hasGoneOn,
    async firstMinute(now) {
      let first: number | undefined;
      for (let from = 0; ; from = first + steadyWithinMs) {
        const next = await storage.firstMinute(from, now);
        if (next === undefined) return first;
        first = next;
        if (await hasGoneOn(first, first + steadyWithinMs)) return first;
      }
    },
  };
}
