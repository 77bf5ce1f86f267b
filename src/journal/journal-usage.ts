import { parisDay } from "./paris-day.ts";

/** Calls that have a token, of the same day. */
export interface CountedCalls {
  readonly tokenId: string;
  readonly receivedAt: number;
  readonly rpc: string | null;
  readonly outcome: string | null;
  readonly calls: number;
}

/** One count for each token, day, method and outcome. */
export interface UsageCount {
  readonly tokenId: string;
  readonly day: string;
  readonly rpc: string;
  readonly outcome: string;
  calls: number;
}

/** Adds calls up. Sorted, so that transactions take row locks in one order. */
export function countUsage(entries: Iterable<CountedCalls>): UsageCount[] {
  const counts = new Map<string, UsageCount>();
  for (const { tokenId, receivedAt, rpc, outcome, calls } of entries) {
    const day = parisDay(receivedAt);
    const key = `${tokenId}\n${day}\n${rpc}\n${outcome}`;
    const count = counts.get(key);
    if (count !== undefined) count.calls += calls;
    else counts.set(key, { tokenId, day, rpc: rpc ?? "", outcome: outcome ?? "", calls });
  }
  if (counts.size < 2) return [...counts.values()];
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
}
