// Calls against the promise of 50 per second (terms, article 3).
import type { Clock } from "../clock.ts";
import { nextParisDay, parisDay, startOfParisDay } from "../paris-time.ts";
import { readUsagePeriod } from "./usage-period.ts";
import type { UsageSource } from "./usage-source.ts";

export interface CapacityReport {
  readonly promisedPerSecond: number;
  readonly days: readonly DayOfService[];
  /** Days on which calls were refused because the promise was reached. */
  readonly boundDays: number;
}

export interface DayOfService {
  /** `YYYY-MM-DD`, in Europe/Paris. */
  readonly date: string;
  readonly offered: number;
  readonly served: number;
  readonly limited: number;
  readonly saturated: number;
  readonly peakOffered: number;
  readonly peakServed: number;
  readonly saturatedSeconds: number;
}

export interface CapacityParts {
  readonly clock: Clock;
  readonly source: Pick<UsageSource, "capacity">;
  readonly promisedPerSecond: number;
}

/** Days from dates `YYYY-MM-DD` that may be absent. Errors: `invalid_request` naming the date. */
export type GetCapacity = (
  startDate: string | undefined,
  endDate: string | undefined,
) => Promise<CapacityReport>;

export function createGetCapacity({ clock, source, promisedPerSecond }: CapacityParts): GetCapacity {
  return async (startDate, endDate) => {
    const { firstDay, lastDay } = readUsagePeriod(startDate, endDate, parisDay(clock.now()));
    const days = await source.capacity(startOfParisDay(firstDay), nextParisDay(startOfParisDay(lastDay)));
    return {
      promisedPerSecond,
      days: days.map(({ day, ...calls }) => ({
        date: parisDay(day),
        ...calls,
        served: calls.offered - calls.limited,
      })),
      boundDays: days.filter(({ saturated }) => saturated > 0).length,
    };
  };
}
