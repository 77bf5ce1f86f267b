import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { HttpBodySchema } from "../gen/google/api/httpbody_pb.ts";
import {
  type CallFilter as CallFilterMessage,
  type CallSummarySchema,
  Dimension,
  ExportFormat,
  Grain,
  type StatisticsService,
  type UsageFilter as UsageFilterMessage,
  type UsageTotalsSchema,
} from "../gen/statutetudiant/statistics/v1/statistics_pb.ts";
import { callerOf, personOf } from "../request/call.ts";
import type { CallFilter, Calls, SeenCall } from "./calls.ts";
import type { GetCapacity } from "./capacity.ts";
import { exportTypes, writeExport } from "./export-calls.ts";
import type { GetTokenUsage } from "./token-usage.ts";
import type { UsageFilter, UsageStatistics } from "./usage.ts";
import type { CallFacts, Grain as GrainName } from "./usage-source.ts";
import type { UsageTotals } from "./usage-totals.ts";

export interface StatisticsUseCases {
  readonly getTokenUsage: GetTokenUsage;
  readonly usage: UsageStatistics;
  readonly calls: Calls;
  readonly getCapacity: GetCapacity;
}

const grains: Readonly<Record<number, GrainName>> = {
  [Grain.MINUTE]: "minute",
  [Grain.HOUR]: "hour",
  [Grain.DAY]: "day",
  [Grain.MONTH]: "month",
};

const dimensions: Readonly<Record<number, keyof CallFacts>> = {
  [Dimension.TOKEN]: "tokenId",
  [Dimension.PROCEDURE]: "procedureId",
  [Dimension.METHOD]: "rpc",
  [Dimension.PROTOCOL]: "protocol",
  [Dimension.SURFACE]: "surface",
  [Dimension.OUTCOME]: "outcome",
  [Dimension.HTTP_STATUS]: "httpStatus",
  [Dimension.RPC_CODE]: "rpcCode",
  [Dimension.ERROR]: "errorId",
};

const usualEntries = 100;

/** Counts calls: a token and a contact see their own, an operator all. */
export function createStatisticsService(useCases: StatisticsUseCases): ServiceImpl<typeof StatisticsService> {
  const { getTokenUsage, usage, calls, getCapacity } = useCases;
  return {
    async getTokenUsage({ startDate, endDate }, context) {
      const days = await getTokenUsage(callerOf(context).tokenId, startDate, endDate);
      return {
        days: days.map(({ date, calls: count, outcomes }) => ({
          date,
          calls: BigInt(count),
          outcomes: outcomes.map((each) => ({ outcome: each.outcome, calls: BigInt(each.calls) })),
        })),
      };
    },
    async getUsage({ filter, grain, startTime, endTime }, context) {
      const { period, points, total, previousTotal } = await usage.overTime(personOf(context), {
        ...{ filter: readFilter(filter), grain: grains[grain] ?? "day" },
        ...{ start: readTime(startTime), end: readTime(endTime) },
      });
      return {
        startTime: timestampFromMs(period.from),
        endTime: timestampFromMs(period.until),
        points: points.map(({ start, totals }) => ({
          startTime: timestampFromMs(start),
          totals: writeTotals(totals),
        })),
        total: writeTotals(total),
        previousTotal: writeTotals(previousTotal),
        previousStartTime: timestampFromMs(period.previousFrom),
      };
    },
    async getUsageBreakdown({ filter, dimension, startTime, endTime, limit }, context) {
      const { period, entries, otherCalls } = await usage.breakdown(personOf(context), {
        ...{
          filter: readFilter(filter),
          dimension: dimensions[dimension] ?? "outcome",
          limit: limit || usualEntries,
        },
        ...{ start: readTime(startTime), end: readTime(endTime) },
      });
      return {
        startTime: timestampFromMs(period.from),
        endTime: timestampFromMs(period.until),
        entries: entries.map(({ key, totals, previousCalls }) => ({
          ...{ key, totals: writeTotals(totals), previousCalls: BigInt(previousCalls) },
        })),
        otherCalls: BigInt(otherCalls),
      };
    },
    async listCalls({ filter, pageSize, pageToken }, context) {
      const page = await calls.list(personOf(context), readCallFilter(filter), { pageSize, pageToken });
      return { calls: page.calls.map(writeCall), nextPageToken: page.nextPageToken };
    },
    async getCall({ requestId }, context) {
      return { call: writeCall(await calls.get(personOf(context), requestId)) };
    },
    async *exportCalls({ filter, format: asked }, context) {
      const format = asked === ExportFormat.NDJSON ? "ndjson" : "csv";
      const blocks = calls.export(personOf(context), readCallFilter(filter), context.signal);
      for await (const text of writeExport(blocks, format)) {
        yield create(HttpBodySchema, { contentType: exportTypes[format], data: Buffer.from(text) });
      }
    },
    async getCapacity({ startDate, endDate }) {
      const { promisedPerSecond, days, boundDays } = await getCapacity(startDate, endDate);
      return {
        promisedPerSecond,
        days: days.map((day) => ({
          ...{ date: day.date, offered: BigInt(day.offered), served: BigInt(day.served) },
          ...{ limited: BigInt(day.limited), saturated: BigInt(day.saturated) },
          ...{ peakOfferedPerSecond: day.peakOffered, peakServedPerSecond: day.peakServed },
          saturatedSeconds: day.saturatedSeconds,
        })),
        boundDays,
      };
    },
  };
}

function readTime(time: Timestamp | undefined): number | undefined {
  return time === undefined ? undefined : timestampMs(time);
}

function readFilter(filter: UsageFilterMessage | undefined): UsageFilter {
  return {
    ...{ partnerId: filter?.partnerId ?? "", tokenId: filter?.tokenId ?? "" },
    ...{ procedureId: filter?.procedureId ?? "", rpc: filter?.method ?? "" },
    ...{ protocol: filter?.protocol ?? "", surface: filter?.surface ?? "" },
    ...{ outcome: filter?.outcome ?? "", httpStatus: filter?.httpStatus ?? 0 },
    errorId: filter?.errorId ?? "",
  };
}

function readCallFilter(filter: CallFilterMessage | undefined): CallFilter {
  return {
    ...{ partnerId: filter?.partnerId ?? "", tokenId: filter?.tokenId ?? "" },
    ...{ rpc: filter?.method ?? "", outcome: filter?.outcome ?? "" },
    ...{ httpStatus: filter?.httpStatus ?? 0, errorId: filter?.errorId ?? "" },
    ...{ clientAddress: filter?.clientAddress ?? "", agent: filter?.agent ?? "" },
    withAgent: filter?.withAgent ?? false,
    ...{ from: readTime(filter?.startTime), until: readTime(filter?.endTime) },
  };
}

function writeTotals(totals: UsageTotals): MessageInitShape<typeof UsageTotalsSchema> {
  const { calls, outcomes, responseBytes, distinctStudents, latency, ...shares } = totals;
  return {
    ...shares,
    calls: BigInt(calls),
    outcomes: outcomes.map((each) => ({ outcome: each.outcome, calls: BigInt(each.calls) })),
    responseBytes: BigInt(responseBytes),
    ...(latency !== undefined && { latency }),
    ...(distinctStudents !== undefined && { distinctStudents: BigInt(distinctStudents) }),
  };
}

function writeCall(call: SeenCall): MessageInitShape<typeof CallSummarySchema> {
  const { receivedAt, rpc, durationUs, responseBytes, ...facts } = call;
  return {
    ...facts,
    receiveTime: timestampFromMs(receivedAt),
    method: rpc,
    durationMs: durationUs / 1000,
    responseBytes: BigInt(responseBytes),
  };
}
