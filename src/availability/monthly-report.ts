// The availability of a month: judged day by day from probes, calls and announced maintenance, and frozen once the month
// is over (terms, article 3: "apprécié au terme de chaque mois").
import type { Clock } from "../clock.ts";
import { addParisMonths, nextParisDay, parisDay, parisMonthStart, startOfParisDay } from "../paris-time.ts";
import type { AvailabilityStorage } from "./availability-storage.ts";
import {
  type Availability,
  addAvailability,
  availableShare,
  judgeMinutes,
  type MaintenanceWindow,
  type MinuteOfCalls,
  minuteMs,
  notMeasured,
  promisedShare,
} from "./judge-minutes.ts";
import { createSteadyMeasure } from "./steady-measure.ts";

export interface MonthlyReport extends Availability {
  /** `YYYY-MM` in Europe/Paris. */
  readonly month: string;
  readonly share: number;
  readonly verdict: "running" | "kept" | "broken";
  /** Absent while it may still change. */
  readonly frozenAt: number | undefined;
}

/** Partners' calls by minute, from an instant to before another one. */
export type CallsByMinute = (from: number, until: number) => Promise<ReadonlyMap<number, MinuteOfCalls>>;

/** Maintenance that was announced and touches the time from an instant to before another one. */
export type MaintenanceWindows = (from: number, until: number) => Promise<readonly MaintenanceWindow[]>;

export interface AvailabilityParts {
  readonly storage: AvailabilityStorage;
  readonly clock: Clock;
  readonly callsByMinute: CallsByMinute;
  readonly maintenanceWindows: MaintenanceWindows;
}

export interface AvailabilityReports {
  /** Every month that was measured, newest first. */
  months(): Promise<MonthlyReport[]>;
  /** Freezes the months that are over. It may run at any time and as often as one likes. Returns what it froze. */
  freezeMonths(now: number): Promise<string[]>;
}

/** After the end of a month, until its late lines are counted. */
const graceMs = 3_600_000;
/** A day is judged for good so long after its end: until then its late lines come. */
const dayGraceMs = 3_600_000;
const dayMs = 86_400_000;
/** Probes are kept for so many months after their own. */
const keptMonths = 13;

export function createAvailabilityReports(parts: AvailabilityParts): AvailabilityReports {
  const { storage, clock } = parts;
  const steady = createSteadyMeasure(storage);
  /** Days that are over do not change. */
  const judged = new Map<number, Availability>();

  return {
    async months() {
      const frozen = await storage.frozenMonths();
      const open = await openMonths(new Set(frozen.map(({ month }) => month)), clock.now());
      return [...open, ...frozen.map(thaw)].sort((a, b) => (a.month < b.month ? 1 : -1));
    },
    async freezeMonths(now) {
      const frozen = new Set((await storage.frozenMonths()).map(({ month }) => month));
      const over: MonthlyReport[] = [];
      for (const report of await openMonths(frozen, now)) {
        const end = endOf(report.month);
        if (end + graceMs <= now && (await steady.hasGoneOn(end, now))) over.push(report);
      }
      for (const report of over) {
        const verdict = report.share >= promisedShare ? "kept" : "broken";
        await storage.freeze({
          ...{ month: report.month, frozenAt: now },
          report: JSON.stringify({ ...report, verdict }),
        });
      }
      // A clock that shows the future may not take away what months are judged by.
      if (await steady.hasGoneOn(now - dayMs, now)) {
        await storage.deleteProbes(addParisMonths(now, -keptMonths));
      }
      return over.map(({ month }) => month);
    },
  };

  /** The months from the first steady measure on that are not frozen. */
  async function openMonths(frozen: ReadonlySet<string>, now: number): Promise<MonthlyReport[]> {
    const first = await steady.firstMinute(now);
    const reports: MonthlyReport[] = [];
    if (first === undefined) return reports;
    for (let start = parisMonthStart(first); start <= now; start = addParisMonths(start, 1)) {
      const month = monthOf(start);
      if (frozen.has(month)) continue;
      const report = await judge(month, first);
      // A month of which nothing is known has no availability.
      if (report.measuredMinutes > 0 || endOf(month) > now) reports.push(report);
    }
    return reports;
  }

  async function judge(month: string, first: number): Promise<MonthlyReport> {
    // The running minute is not over.
    const now = Math.floor(clock.now() / minuteMs) * minuteMs;
    const until = Math.min(endOf(month), now);
    let sum = notMeasured;
    for (let day = startOfParisDay(`${month}-01`); day < until; day = nextParisDay(day)) {
      const end = Math.min(nextParisDay(day), until);
      if (end > first) sum = addAvailability(sum, await judgeDay(day, Math.max(day, first), end));
    }
    return { month, ...sum, share: availableShare(sum), verdict: "running", frozenAt: undefined };
  }

  async function judgeDay(day: number, from: number, until: number): Promise<Availability> {
    const known = judged.get(day);
    if (known !== undefined) return known;
    const facts = {
      probes: await storage.probes(from, until),
      calls: await parts.callsByMinute(from, until),
      maintenance: await parts.maintenanceWindows(from, until),
    };
    const availability = judgeMinutes(facts, from, until);
    const now = clock.now();
    const isOver = nextParisDay(day) + dayGraceMs <= now;
    if (isOver && (await steady.hasGoneOn(nextParisDay(day), now))) judged.set(day, availability);
    return availability;
  }
}

function endOf(month: string): number {
  return addParisMonths(startOfParisDay(`${month}-01`), 1);
}

function monthOf(instant: number): string {
  return parisDay(instant).slice(0, 7);
}

function thaw({ report, frozenAt }: { readonly report: string; readonly frozenAt: number }): MonthlyReport {
  // Months that were frozen before these were counted.
  return { ...notMeasured, ...(JSON.parse(report) as MonthlyReport), frozenAt };
}
