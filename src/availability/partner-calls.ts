import { type ErrorRow, errorTable } from "../error-table.ts";
import { type MinuteOfCalls, noCalls } from "./judge-minutes.ts";

/** Calls of a minute that have method, outcome and error in common. */
export interface CallsOfMinute {
  /** First millisecond. */
  readonly bucket: number;
  readonly facts: { readonly rpc?: string; readonly outcome?: string; readonly errorId?: string };
  readonly calls: number;
}

/** The methods that deliver the data. */
const delivering = /^(?:statutetudiant\.lookup|particulier)\./;
/** Those of them that ask FranceConnect who the user is. */
const byFranceConnect = /ByFranceConnect$/;
/** Who is answered, or told that nobody was found, has been served. Other refusals say nothing of the service. */
const serving = new Set(["answered", "not_found"]);
/** Errors that say that FranceConnect failed. The service is the ministry's, and FranceConnect is not. */
const othersFaults: ReadonlySet<string> = new Set(
  Object.entries<ErrorRow>(errorTable)
    .filter(([, { fault }]) => fault === "france_connect")
    .map(([id]) => id),
);

/** The calls for data by minute: served, failed by the service's fault, and failed by FranceConnect's. */
export function sumPartnerCalls(cells: readonly CallsOfMinute[]): Map<number, MinuteOfCalls> {
  const minutes = new Map<number, MinuteOfCalls>();
  for (const { bucket, facts, calls } of cells) {
    const { rpc = "", outcome = "", errorId = "" } = facts;
    if (!delivering.test(rpc)) continue;
    const minute = minutes.get(bucket) ?? noCalls;
    minutes.set(bucket, addCalls(minute, rpc, outcome, errorId, calls));
  }
  return minutes;
}

function addCalls(
  { served, failed, franceConnect }: MinuteOfCalls,
  rpc: string,
  outcome: string,
  errorId: string,
  calls: number,
): MinuteOfCalls {
  const isServed = serving.has(outcome);
  const isOthers = othersFaults.has(errorId);
  return {
    served: served + (isServed ? calls : 0),
    failed: failed + (outcome === "failed" && !isOthers ? calls : 0),
    franceConnect: {
      served: franceConnect.served + (isServed && byFranceConnect.test(rpc) ? calls : 0),
      failed: franceConnect.failed + (isOthers ? calls : 0),
    },
  };
}
