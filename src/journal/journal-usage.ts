import { type PlainValue, position } from "./line-encoding.ts";
import { parisDay } from "./paris-day.ts";

/** Calls of a group of lines: one count for each token, day, method and outcome. */
export interface UsageCount {
  readonly tokenId: string;
  readonly day: string;
  readonly rpc: string;
  readonly outcome: string;
  calls: number;
}

/** Counts lines that have a token. Sorted, so that transactions take row locks in one order. */
export function countUsage(lines: readonly { readonly values: readonly PlainValue[] }[]): UsageCount[] {
  const counts = new Map<string, UsageCount>();
  for (const { values } of lines) {
    const tokenId = values[position.tokenId];
    if (typeof tokenId !== "string") continue;
    const day = parisDay(Number(values[position.receivedAt]));
    const rpc = String(values[position.rpc] ?? "");
    const outcome = String(values[position.outcome] ?? "");
    const key = `${tokenId}\n${day}\n${rpc}\n${outcome}`;
    const count = counts.get(key);
    if (count === undefined) counts.set(key, { tokenId, day, rpc, outcome, calls: 1 });
    else count.calls += 1;
  }
  if (counts.size < 2) return [...counts.values()];
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
}
