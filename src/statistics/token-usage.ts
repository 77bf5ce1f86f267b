import type { Clock } from "../clock.ts";
import { nextParisDay, parisDay, startOfParisDay } from "../paris-time.ts";
import { readUsagePeriod } from "./usage-period.ts";
import type { UsageSource } from "./usage-source.ts";

export interface DayOfUsage {
  /** `YYYY-MM-DD`, in Europe/Paris. */
  readonly date: string;
  readonly calls: number;
  /** In alphabetical order. */
  readonly outcomes: readonly { readonly outcome: string; readonly calls: number }[];
}

export interface TokenUsageParts {
  readonly clock: Clock;
  readonly source: Pick<UsageSource, "usage">;
}

/** Usage of a token by day, oldest first, without the days that had no call. */
export type GetTokenUsage = (
  tokenId: string,
  startDate: string | undefined,
  endDate: string | undefined,
) => Promise<DayOfUsage[]>;

export function createGetTokenUsage({ clock, source }: TokenUsageParts): GetTokenUsage {
  return async (tokenId, startDate, endDate) => {
    const { firstDay, lastDay } = readUsagePeriod(startDate, endDate, parisDay(clock.now()));
    const cells = await source.usage({
      ...{ grain: "day", from: startOfParisDay(firstDay), until: nextParisDay(startOfParisDay(lastDay)) },
      ...{ tokenIds: [tokenId], by: ["outcome"], overTime: true, withLatency: false },
    });
    return [...Map.groupBy(cells, ({ bucket }) => bucket)].map(([bucket, ofDay]) => {
      const outcomes = ofDay
        .map(({ facts, calls }) => ({ outcome: facts.outcome ?? "", calls }))
        .sort((a, b) => (a.outcome < b.outcome ? -1 : 1));
      return { date: parisDay(bucket), calls: outcomes.reduce((sum, { calls }) => sum + calls, 0), outcomes };
    });
  };
}
