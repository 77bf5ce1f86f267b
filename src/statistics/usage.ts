// Calls over time and by what they have in common, compared with the period before.
import type { Person } from "../access/person.ts";
import type { Clock } from "../clock.ts";
import { type TokenIdsOf, tokensFor } from "./audience.ts";
import { coarsestGrain, type GrainPeriod, readGrainPeriod } from "./grain-period.ts";
import type { CallFacts, Grain, UsageQuery, UsageSource } from "./usage-source.ts";
import { totalOf, type UsageTotals } from "./usage-totals.ts";

/** Empty texts and 0 ask for all. */
export interface UsageFilter {
  readonly partnerId: string;
  readonly tokenId: string;
  readonly procedureId: string;
  readonly rpc: string;
  readonly protocol: string;
  readonly surface: string;
  readonly outcome: string;
  readonly httpStatus: number;
  readonly errorId: string;
}

export interface PeriodRequest {
  readonly filter: UsageFilter;
  /** Instants in milliseconds. */
  readonly start: number | undefined;
  readonly end: number | undefined;
}

export interface Usage {
  readonly period: GrainPeriod;
  /** Oldest first, without the buckets that had no call. */
  readonly points: readonly { readonly start: number; readonly totals: UsageTotals }[];
  readonly total: UsageTotals;
  readonly previousTotal: UsageTotals;
}

export interface Breakdown {
  readonly period: GrainPeriod;
  readonly entries: readonly BreakdownEntry[];
  /** Calls of the entries that the limit cut. */
  readonly otherCalls: number;
}

export interface BreakdownEntry {
  readonly key: string;
  readonly totals: UsageTotals;
  readonly previousCalls: number;
}

export interface UsageStatistics {
  /** Errors: `invalid_request` for a bad period, `record_not_found` for another's partner. */
  overTime(person: Person, request: PeriodRequest & { readonly grain: Grain }): Promise<Usage>;
  /** Likewise. */
  breakdown(
    person: Person,
    request: PeriodRequest & { readonly dimension: keyof CallFacts; readonly limit: number },
  ): Promise<Breakdown>;
}

export interface UsageParts {
  readonly clock: Clock;
  readonly source: UsageSource;
  readonly tokenIdsOf: TokenIdsOf;
}

export function createUsageStatistics({ clock, source, tokenIdsOf }: UsageParts): UsageStatistics {
  return {
    async overTime(person, { filter, grain, start, end }) {
      const period = readGrainPeriod(grain, start, end, clock.now());
      const { from, until, previousFrom } = period;
      const tokenIds = await tokensFor(person, filter, tokenIdsOf);
      const facts = factsOf(filter);
      const query = { grain, tokenIds, filter: facts, by: ["outcome"], withLatency: true } as const;
      const cells = await source.usage({ ...query, from, until, overTime: true });
      const before = await source.usage({ ...query, from: previousFrom, until: from, overTime: false });
      const tells = Object.keys(facts).length === 0 && (grain === "day" || grain === "month");
      const students = tells ? await source.students(grain, from, until, tokenIds) : undefined;
      const earlier = tells ? await source.students(grain, previousFrom, from, tokenIds) : undefined;
      const points = [...Map.groupBy(cells, ({ bucket }) => bucket)].map(([bucket, ofBucket]) => ({
        start: bucket,
        totals: totalOf(ofBucket, source.percentile, studentsAt(students, bucket)),
      }));
      return {
        period,
        points,
        total: totalOf(cells, source.percentile, students?.total),
        previousTotal: totalOf(before, source.percentile, earlier?.total),
      };
    },

    async breakdown(person, { filter, dimension, start, end, limit }) {
      const period = readGrainPeriod("day", start, end, clock.now());
      const tokenIds = await tokensFor(person, filter, tokenIdsOf);
      const byToken = dimension === "tokenId" || dimension === "procedureId";
      const query: Omit<UsageQuery, "from" | "until" | "grain"> = {
        ...{ tokenIds, filter: factsOf(filter), overTime: false },
        // Latencies of every token of the service would be a long read.
        withLatency: tokenIds !== undefined || !byToken,
        by: dimension === "outcome" ? ["outcome"] : [dimension, "outcome"],
      };
      const read = (from: number, until: number) =>
        source.usage({ ...query, from, until, grain: coarsestGrain(from, until) });
      const keyOf = ({ facts }: { facts: Partial<CallFacts> }) => String(facts[dimension]);
      const before = Map.groupBy(await read(period.previousFrom, period.from), keyOf);
      const entries = [...Map.groupBy(await read(period.from, period.until), keyOf)]
        .map(([key, cells]) => ({
          key,
          totals: totalOf(cells, source.percentile),
          previousCalls: totalOf(before.get(key) ?? [], source.percentile).calls,
        }))
        .sort((a, b) => b.totals.calls - a.totals.calls || (a.key < b.key ? -1 : 1));
      const otherCalls = entries.slice(limit).reduce((sum, { totals }) => sum + totals.calls, 0);
      return { period, entries: entries.slice(0, limit), otherCalls };
    },
  };
}

type StudentCounts = Awaited<ReturnType<UsageSource["students"]>>;

/** Nobody in a bucket without an entry; undefined where the number can no longer be told, or was not asked for. */
function studentsAt(students: StudentCounts | undefined, bucket: number): number | undefined {
  return students?.byBucket.has(bucket) === false ? 0 : students?.byBucket.get(bucket);
}

function factsOf(filter: UsageFilter): Partial<CallFacts> {
  const { procedureId, rpc, protocol, surface, outcome, httpStatus, errorId } = filter;
  const facts = { procedureId, rpc, protocol, surface, outcome, httpStatus, errorId };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== "" && value !== 0));
}
