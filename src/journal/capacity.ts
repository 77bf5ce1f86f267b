// Calls by the second against the promise of 50 (terms, article 3), summed up by day.
import { parisDayStart } from "../paris-time.ts";

/** Calls of one second that reached the guard, and those of them that it refused: at all, and for the service's limit. */
export interface SecondOfCalls {
  offered: number;
  limited: number;
  saturated: number;
}

export interface CapacityDay {
  /** First millisecond of the day in Europe/Paris. */
  readonly day: number;
  /** Calls that reached the guard, those of them that it refused, and those refused for the whole service's limit. */
  readonly offered: number;
  readonly limited: number;
  readonly saturated: number;
  /** Most calls in one second of the clock. */
  readonly peakOffered: number;
  readonly peakServed: number;
  /** Seconds in which a call was refused for the whole service's limit. */
  readonly saturatedSeconds: number;
}

export const noCalls: Readonly<SecondOfCalls> = { offered: 0, limited: 0, saturated: 0 };

export function addCalls(before: SecondOfCalls, added: SecondOfCalls): SecondOfCalls {
  return {
    offered: before.offered + added.offered,
    limited: before.limited + added.limited,
    saturated: before.saturated + added.saturated,
  };
}

/** What calls add to their days, given what their seconds held before. */
export function summarizeDays(
  added: ReadonlyMap<number, SecondOfCalls>,
  before: ReadonlyMap<number, SecondOfCalls>,
): Map<number, CapacityDay> {
  const days = new Map<number, CapacityDay>();
  for (const [second, calls] of added) {
    const then = before.get(second) ?? noCalls;
    const now = addCalls(then, calls);
    const day = parisDayStart(second * 1000);
    const summary = {
      ...{ day, ...calls, peakOffered: now.offered, peakServed: now.offered - now.limited },
      saturatedSeconds: then.saturated === 0 && now.saturated > 0 ? 1 : 0,
    };
    days.set(day, addDays(days.get(day), summary));
  }
  return days;
}

export function addDays(one: CapacityDay | undefined, other: CapacityDay): CapacityDay {
  if (one === undefined) return other;
  return {
    ...{ day: one.day, ...addCalls(one, other) },
    peakOffered: Math.max(one.peakOffered, other.peakOffered),
    peakServed: Math.max(one.peakServed, other.peakServed),
    saturatedSeconds: one.saturatedSeconds + other.saturatedSeconds,
  };
}
