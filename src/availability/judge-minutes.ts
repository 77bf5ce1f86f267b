// What a minute was, by what is known of it: pure, so that a month can be judged again from its facts.

export const downCauses = ["no_instance", "probe_failed", "call_failures", "maintenance"] as const;
export type DownCause = (typeof downCauses)[number];

/** Terms, article 3: available 97.8 % of the month. */
export const promisedShare = 0.978;
export const minuteMs = 60_000;

/** Calls that were served, and that failed by somebody's fault. */
interface Ended {
  readonly served: number;
  readonly failed: number;
}

/** Partners' calls of a minute that were answered or failed by the service's fault. */
export interface MinuteOfCalls extends Ended {
  /** Of the calls that asked FranceConnect: served, and failed because FranceConnect did. */
  readonly franceConnect: Ended;
}

/**
 * What the self-probes of a minute tell: that any of them succeeded, that all failed, or that instances lived of which
 * none measured (`SELF_PROBE=off`).
 */
export type Probed = "succeeded" | "failed" | "off";

export interface MaintenanceWindow {
  /** Instants in milliseconds: from (included), until (excluded). */
  readonly from: number;
  readonly until: number;
}

export interface Facts {
  /** By the first millisecond of the minute; absent: no instance lived. */
  readonly probes: ReadonlyMap<number, Probed>;
  readonly calls: ReadonlyMap<number, MinuteOfCalls>;
  readonly maintenance: readonly MaintenanceWindow[];
}

export interface Availability {
  readonly measuredMinutes: number;
  readonly downMinutes: Readonly<Record<DownCause, number>>;
  /** Minutes of which nothing is known, since nobody called and the probe was switched off. They count neither way. */
  readonly unmeasuredMinutes: number;
  readonly calls: number;
  readonly failedCalls: number;
  /** Minutes in which at least half of the calls that asked FranceConnect failed by its fault: told beside, not down for it. */
  readonly franceConnectMinutes: number;
  readonly franceConnectFailedCalls: number;
}

export const noCalls: MinuteOfCalls = { served: 0, failed: 0, franceConnect: { served: 0, failed: 0 } };

/** Judges the minutes from one instant to before another one. */
export function judgeMinutes(facts: Facts, from: number, until: number): Availability {
  let sum = notMeasured;
  for (let minute = from; minute < until; minute += minuteMs) {
    sum = addAvailability(sum, judgeMinute(facts, minute));
  }
  return sum;
}

function judgeMinute({ probes, calls, maintenance }: Facts, minute: number): Availability {
  const ofMinute = calls.get(minute) ?? noCalls;
  const { served, failed, franceConnect } = ofMinute;
  const judged = {
    ...{ ...notMeasured, calls: served + failed, failedCalls: failed },
    franceConnectMinutes: hasFailed(franceConnect) ? 1 : 0,
    franceConnectFailedCalls: franceConnect.failed,
  };
  const found = causeOf(probes.get(minute), ofMinute);
  if (found === "unmeasured") return { ...judged, unmeasuredMinutes: 1 };
  if (found === undefined) return { ...judged, measuredMinutes: 1 };
  const isAnnounced = maintenance.some((window) => minute < window.until && minute + minuteMs > window.from);
  const cause = isAnnounced ? "maintenance" : found;
  return { ...judged, measuredMinutes: 1, downMinutes: { ...notMeasured.downMinutes, [cause]: 1 } };
}

function causeOf(probed: Probed | undefined, calls: MinuteOfCalls): DownCause | "unmeasured" | undefined {
  if (hasFailed(calls)) return "call_failures";
  // Whoever was served proves that an instance lived, whether it came to measure itself or not.
  if (calls.served > 0 || probed === "succeeded") return undefined;
  if (probed === undefined) return "no_instance";
  return probed === "off" ? "unmeasured" : "probe_failed";
}

/** Whether at least half of the calls failed. */
function hasFailed({ served, failed }: Ended): boolean {
  return failed > 0 && failed >= served;
}

export function addAvailability(one: Availability, other: Availability): Availability {
  const down = (cause: DownCause) => one.downMinutes[cause] + other.downMinutes[cause];
  const sum = (count: Exclude<keyof Availability, "downMinutes">) => one[count] + other[count];
  return {
    measuredMinutes: sum("measuredMinutes"),
    downMinutes: {
      no_instance: down("no_instance"),
      probe_failed: down("probe_failed"),
      call_failures: down("call_failures"),
      maintenance: down("maintenance"),
    },
    unmeasuredMinutes: sum("unmeasuredMinutes"),
    calls: sum("calls"),
    failedCalls: sum("failedCalls"),
    franceConnectMinutes: sum("franceConnectMinutes"),
    franceConnectFailedCalls: sum("franceConnectFailedCalls"),
  };
}

export const notMeasured: Availability = {
  measuredMinutes: 0,
  downMinutes: { no_instance: 0, probe_failed: 0, call_failures: 0, maintenance: 0 },
  ...{ unmeasuredMinutes: 0, calls: 0, failedCalls: 0, franceConnectMinutes: 0, franceConnectFailedCalls: 0 },
};

export function totalDown({ downMinutes }: Availability): number {
  return downCauses.reduce((sum, cause) => sum + downMinutes[cause], 0);
}

/** Share of the measured minutes that were not down, 0 to 1; 1 while nothing was measured. */
export function availableShare(availability: Availability): number {
  const { measuredMinutes } = availability;
  return measuredMinutes === 0 ? 1 : (measuredMinutes - totalDown(availability)) / measuredMinutes;
}
