// What a minute was, by what is known of it: pure, so that a month can be judged again from its facts.

export const downCauses = ["no_instance", "probe_failed", "call_failures", "maintenance"] as const;
export type DownCause = (typeof downCauses)[number];

/** Terms, article 3: available 97.8 % of the month. */
export const promisedShare = 0.978;
export const minuteMs = 60_000;

/** Partners' calls of a minute that were answered or failed by the service's fault. */
export interface MinuteOfCalls {
  readonly served: number;
  readonly failed: number;
}

export interface MaintenanceWindow {
  /** Instants in milliseconds: from (included), until (excluded). */
  readonly from: number;
  readonly until: number;
}

export interface Facts {
  /** Whether any instance's self-probe succeeded, by the first millisecond of the minute; absent: none was made. */
  readonly probes: ReadonlyMap<number, boolean>;
  readonly calls: ReadonlyMap<number, MinuteOfCalls>;
  readonly maintenance: readonly MaintenanceWindow[];
}

export interface Availability {
  readonly measuredMinutes: number;
  readonly downMinutes: Readonly<Record<DownCause, number>>;
  readonly calls: number;
  readonly failedCalls: number;
}

/** Judges the minutes from one instant to before another one. */
export function judgeMinutes(
  { probes, calls, maintenance }: Facts,
  from: number,
  until: number,
): Availability {
  const downMinutes = { no_instance: 0, probe_failed: 0, call_failures: 0, maintenance: 0 };
  let [measuredMinutes, served, failedCalls] = [0, 0, 0];
  for (let minute = from; minute < until; minute += minuteMs) {
    measuredMinutes += 1;
    const ofMinute = calls.get(minute) ?? { served: 0, failed: 0 };
    served += ofMinute.served;
    failedCalls += ofMinute.failed;
    const cause = causeOf(probes.get(minute), ofMinute);
    if (cause === undefined) continue;
    const isAnnounced = maintenance.some(
      (window) => minute < window.until && minute + minuteMs > window.from,
    );
    downMinutes[isAnnounced ? "maintenance" : cause] += 1;
  }
  return { measuredMinutes, downMinutes, calls: served + failedCalls, failedCalls };
}

function causeOf(probe: boolean | undefined, { served, failed }: MinuteOfCalls): DownCause | undefined {
  if (failed > 0 && failed >= served) return "call_failures";
  // Whoever was served proves that an instance lived, whether it came to measure itself or not.
  if (served > 0) return undefined;
  if (probe === undefined) return "no_instance";
  return probe ? undefined : "probe_failed";
}

export function addAvailability(one: Availability, other: Availability): Availability {
  const sum = (cause: DownCause) => one.downMinutes[cause] + other.downMinutes[cause];
  return {
    measuredMinutes: one.measuredMinutes + other.measuredMinutes,
    downMinutes: {
      no_instance: sum("no_instance"),
      probe_failed: sum("probe_failed"),
      call_failures: sum("call_failures"),
      maintenance: sum("maintenance"),
    },
    calls: one.calls + other.calls,
    failedCalls: one.failedCalls + other.failedCalls,
  };
}

export const notMeasured: Availability = {
  measuredMinutes: 0,
  downMinutes: { no_instance: 0, probe_failed: 0, call_failures: 0, maintenance: 0 },
  calls: 0,
  failedCalls: 0,
};

export function totalDown({ downMinutes }: Availability): number {
  return downCauses.reduce((sum, cause) => sum + downMinutes[cause], 0);
}

/** Share of the measured minutes that were not down, 0 to 1; 1 while nothing was measured. */
export function availableShare(availability: Availability): number {
  const { measuredMinutes } = availability;
  return measuredMinutes === 0 ? 1 : (measuredMinutes - totalDown(availability)) / measuredMinutes;
}
