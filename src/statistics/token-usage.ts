import type { Awaitable } from "../awaitable.ts";
import type { Clock } from "../clock.ts";
import { readUsagePeriod } from "./usage-period.ts";

/** Calls of a token on one day that ended in one way, as the journal counts them. */
export interface UsageRow {
  /** `YYYY-MM-DD`, in Europe/Paris. */
  readonly day: string;
  readonly outcome: string;
  readonly calls: number;
}

/** Reads the counts of a token from a first to a last day, both included, in any order, several for one outcome. */
export type UsageByDay = (
  tokenId: string,
  firstDay: string,
  lastDay: string,
) => Awaitable<readonly UsageRow[]>;

export interface DayOfUsage {
  readonly date: string;
  readonly calls: number;
  /** In alphabetical order. */
  readonly outcomes: readonly { readonly outcome: string; readonly calls: number }[];
}

export interface TokenUsageParts {
  readonly clock: Clock;
  readonly usageByDay: UsageByDay;
  /** The day of an instant in milliseconds, by the same calendar as the counts. */
  readonly dayOf: (instant: number) => string;
}

/** Usage of a token by day, oldest first, without the days that had no call. */
export type GetTokenUsage = (
  tokenId: string,
  startDate: string | undefined,
  endDate: string | undefined,
) => Promise<DayOfUsage[]>;

export function createGetTokenUsage({ clock, usageByDay, dayOf }: TokenUsageParts): GetTokenUsage {
  return async (tokenId, startDate, endDate) => {
    const { firstDay, lastDay } = readUsagePeriod(startDate, endDate, dayOf(clock.now()));
    return sumByDay(await usageByDay(tokenId, firstDay, lastDay));
  };
}

function sumByDay(rows: readonly UsageRow[]): DayOfUsage[] {
  const byDay = Map.groupBy(rows, ({ day }) => day);
  return [...byDay].sort(byName).map(([date, ofDay]) => {
    const outcomes = [...Map.groupBy(ofDay, ({ outcome }) => outcome)]
      .sort(byName)
      .map(([outcome, ofOutcome]) => ({ outcome, calls: sumCalls(ofOutcome) }));
    return { date, calls: sumCalls(ofDay), outcomes };
  });
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function sumCalls(rows: readonly UsageRow[]): number {
  return rows.reduce((total, { calls }) => total + calls, 0);
}
