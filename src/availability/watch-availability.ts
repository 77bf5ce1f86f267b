// Measures every minute, and keeps what cannot be written until it can: a database that is down is what is measured.
import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import { type AvailabilityStorage, offCause, type ProbeRecord } from "./availability-storage.ts";
import { minuteMs } from "./judge-minutes.ts";
import type { ProbeCause } from "./self-probe.ts";

export interface WatchParts {
  readonly clock: Clock;
  readonly storage: Pick<AvailabilityStorage, "recordProbe">;
  /** Random name of this process. */
  readonly instance: string;
  /** Absent: the instance does not measure itself, and says so, lest its minutes count as those of none. */
  readonly probe: (() => Promise<ProbeCause>) | undefined;
  /** Told of a measure that could not be written, once of each outage. */
  readonly report: (cause: unknown) => void;
}

/** Measures that wait at most: a day. */
const maxWaiting = 1440;
/** Within the minute, so that a clock that is a little off still measures the minute that it means. */
const offsetMs = 5000;

/** Measures now and then in every minute, until the signal aborts. */
export async function watchAvailability(parts: WatchParts, signal: AbortSignal): Promise<void> {
  const waiting: ProbeRecord[] = [];
  let isFailing = false;
  while (!signal.aborted) {
    const minute = Math.floor(parts.clock.now() / minuteMs) * minuteMs;
    const cause = parts.probe === undefined ? offCause : await parts.probe();
    if (signal.aborted) return;
    waiting.push({ minute, instance: parts.instance, succeeded: cause === "", cause });
    if (waiting.length > maxWaiting) waiting.shift();
    try {
      for (; waiting[0] !== undefined; waiting.shift()) await parts.storage.recordProbe(waiting[0]);
      isFailing = false;
    } catch (error) {
      if (!isFailing) parts.report(error);
      isFailing = true;
    }
    const next = minute + minuteMs + offsetMs;
    await pause(Math.max(1000, next - parts.clock.now()), undefined, { signal, ref: false }).catch(() => {});
  }
}
