import type { MinuteOfCalls } from "./judge-minutes.ts";

/** Calls of a minute that have method and outcome in common. */
export interface CallsOfMinute {
  /** First millisecond. */
  readonly bucket: number;
  readonly facts: { readonly rpc?: string; readonly outcome?: string };
  readonly calls: number;
}

/** The methods that deliver the data. */
const delivering = /^(?:statutetudiant\.lookup|particulier)\./;
/** Who is answered, or told that nobody was found, has been served. Other refusals say nothing of the service. */
const serving = new Set(["answered", "not_found"]);

/** The calls for data by minute: served, and failed by the service's fault. */
export function sumPartnerCalls(cells: readonly CallsOfMinute[]): Map<number, MinuteOfCalls> {
  const minutes = new Map<number, { served: number; failed: number }>();
  for (const { bucket, facts, calls } of cells) {
    if (!delivering.test(facts.rpc ?? "")) continue;
    const minute = minutes.get(bucket) ?? { served: 0, failed: 0 };
    if (serving.has(facts.outcome ?? "")) minute.served += calls;
    if (facts.outcome === "failed") minute.failed += calls;
    minutes.set(bucket, minute);
  }
  return minutes;
}
