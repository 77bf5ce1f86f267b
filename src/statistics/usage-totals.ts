// What counted calls amount to, as people read it.
import type { CountedCalls, UsageCell, UsageSource } from "./usage-source.ts";

export interface LatencyPercentiles {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

export interface UsageTotals {
  readonly calls: number;
  /** In alphabetical order. */
  readonly outcomes: readonly { readonly outcome: string; readonly calls: number }[];
  /** Shares of the calls, 0 to 1. */
  readonly refusedShare: number;
  readonly limitedShare: number;
  readonly failedShare: number;
  readonly responseBytes: number;
  readonly meanMs: number;
  readonly latency: LatencyPercentiles | undefined;
  readonly distinctStudents: number | undefined;
}

/** Adds up cells that are told apart by outcome. */
export function totalOf(
  cells: readonly UsageCell[],
  percentile: UsageSource["percentile"],
  distinctStudents?: number,
): UsageTotals {
  const sum = addUp(cells);
  const byOutcome = new Map<string, number>();
  for (const { facts, calls } of cells) {
    const outcome = facts.outcome ?? "";
    byOutcome.set(outcome, (byOutcome.get(outcome) ?? 0) + calls);
  }
  const share = (...outcomes: string[]) =>
    sum.calls === 0
      ? 0
      : outcomes.reduce((calls, outcome) => calls + (byOutcome.get(outcome) ?? 0), 0) / sum.calls;
  return {
    calls: sum.calls,
    outcomes: [...byOutcome]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([outcome, calls]) => ({ outcome, calls })),
    refusedShare: share("unauthenticated", "denied"),
    limitedShare: share("limited"),
    failedShare: share("failed"),
    responseBytes: sum.responseBytes,
    meanMs: sum.calls === 0 ? 0 : sum.durationUs / sum.calls / 1000,
    latency: percentilesOf(sum.latency, percentile),
    distinctStudents,
  };
}

function addUp(cells: readonly CountedCalls[]): CountedCalls {
  const latency: number[] = [];
  let [calls, durationUs, responseBytes] = [0, 0, 0];
  for (const cell of cells) {
    calls += cell.calls;
    durationUs += cell.durationUs;
    responseBytes += cell.responseBytes;
    for (const [bin, count] of cell.latency.entries()) latency[bin] = (latency[bin] ?? 0) + count;
  }
  return { calls, durationUs, responseBytes, latency };
}

function percentilesOf(
  latency: readonly number[],
  percentile: UsageSource["percentile"],
): LatencyPercentiles | undefined {
  if (latency.length === 0) return undefined;
  const at = (share: number) => (percentile(latency, share) ?? 0) / 1000;
  return { p50Ms: at(0.5), p90Ms: at(0.9), p95Ms: at(0.95), p99Ms: at(0.99) };
}
