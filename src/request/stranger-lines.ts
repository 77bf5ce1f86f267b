// What those without a token may cost the journal: places in its queue, and lines on its disk. What gets none is counted.
import type { LineBudget } from "../access/line-budget.ts";

/** Why a stranger's request gets no line: its address has used up its own, all have used up theirs, or too many wait. */
export interface NoLine {
  readonly why: (typeof reasons)[number];
  /** Time until another try may have one, in milliseconds. */
  readonly retryAfterMs: number;
}

/** How a request without a line ended: cut, refused through a proxy, or answered. */
export type LinelessEnd = (typeof ends)[number];

export interface StrangerLines {
  /** Takes a line, and a place in the journal's queue until `leave`; or gives why there is none. */
  take(address: string): NoLine | undefined;
  /** The line is written, or given up. */
  leave(): void;
  /** Counts a request that ended without a line. */
  count(why: NoLine["why"], end: LinelessEnd): void;
  /** Requests without a line since the start, for /metrics. */
  counts(): readonly LinelessCount[];
}

export interface LinelessCount {
  readonly why: NoLine["why"];
  readonly end: LinelessEnd;
  readonly requests: number;
}

/** Requests without a caller that may wait for the journal at a time; its queue takes 2,000 lines. */
const maxWaiting = 500;
const reasons = ["address", "everybody", "queue"] as const;
const ends = ["cut", "refused", "answered"] as const;

/** `tell` is told of each request without a line. */
export function createStrangerLines(budget: LineBudget, tell: (end: LinelessEnd) => void): StrangerLines {
  let waiting = 0;
  const counts = reasons.flatMap((why) => ends.map((end) => ({ why, end, requests: 0 })));
  return {
    take(address) {
      // The journal's queue is for those who may call.
      if (waiting >= maxWaiting) return { why: "queue", retryAfterMs: 1000 };
      const spent = budget.spend(address);
      if (spent !== undefined) return { why: spent.whose, retryAfterMs: spent.retryAfterMs };
      waiting += 1;
      return undefined;
    },
    leave() {
      waiting -= 1;
    },
    count(why, end) {
      const count = counts.find((one) => one.why === why && one.end === end);
      if (count !== undefined) count.requests += 1;
      tell(end);
    },
    counts: () => counts,
  };
}
