// What statistics are made of. The journal keeps it (app.ts passes it in): calls that are counted already.

export type Grain = "minute" | "hour" | "day" | "month";

/** What calls have in common. */
export interface CallFacts {
  readonly tokenId: string;
  readonly procedureId: string;
  readonly protocol: string;
  readonly surface: string;
  /** `package.Service/Method`, or empty. */
  readonly rpc: string;
  readonly httpStatus: number;
  readonly rpcCode: string;
  readonly errorId: string;
  readonly outcome: string;
}

export interface UsageQuery {
  readonly grain: Grain;
  /** Instants in milliseconds, at starts of buckets; the second one is excluded. */
  readonly from: number;
  readonly until: number;
  /** Absent: the calls of all, and of those who have no token. */
  readonly tokenIds?: readonly string[] | undefined;
  readonly filter?: Partial<CallFacts>;
  /** What calls are told apart by, beside the time. */
  readonly by: readonly (keyof CallFacts)[];
  readonly overTime: boolean;
  readonly withLatency: boolean;
}

/** Calls of one bucket that have the facts in common. */
export interface CountedCalls {
  readonly calls: number;
  readonly durationUs: number;
  readonly responseBytes: number;
  /** Calls by bin of their duration. */
  readonly latency: readonly number[];
}

export interface UsageCell extends CountedCalls {
  /** First millisecond; 0 when the query does not tell times apart. */
  readonly bucket: number;
  readonly facts: Partial<CallFacts>;
}

export interface CapacityDay {
  /** First millisecond of the day. */
  readonly day: number;
  readonly offered: number;
  readonly limited: number;
  readonly saturated: number;
  readonly peakOffered: number;
  readonly peakServed: number;
  readonly saturatedSeconds: number;
}

export interface UsageSource {
  usage(query: UsageQuery): Promise<UsageCell[]>;
  /** Distinct students by bucket and in all; undefined where it can no longer be told. */
  students(
    grain: "day" | "month",
    from: number,
    until: number,
    tokenIds?: readonly string[],
  ): Promise<{
    readonly byBucket: ReadonlyMap<number, number | undefined>;
    readonly total: number | undefined;
  }>;
  /** Days that start from an instant to before another one. */
  capacity(from: number, until: number): Promise<CapacityDay[]>;
  /** Duration in microseconds that the share of the calls did not exceed. */
  percentile(latency: readonly number[], share: number): number | undefined;
}
