import type { ServiceImpl } from "@connectrpc/connect";
import type { StatisticsService } from "../gen/statutetudiant/statistics/v1/statistics_pb.ts";
import { callerOf } from "../request/call.ts";
import type { GetTokenUsage } from "./token-usage.ts";

/** Counts calls for the partner that made them: a token only ever sees its own. */
export function createStatisticsService(getTokenUsage: GetTokenUsage): ServiceImpl<typeof StatisticsService> {
  return {
    async getTokenUsage({ startDate, endDate }, context) {
      const days = await getTokenUsage(callerOf(context).tokenId, startDate, endDate);
      return {
        days: days.map(({ date, calls, outcomes }) => ({
          date,
          calls: BigInt(calls),
          outcomes: outcomes.map(({ outcome, calls: count }) => ({ outcome, calls: BigInt(count) })),
        })),
      };
    },
  };
}
