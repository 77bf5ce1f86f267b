import { type ServiceError, serviceError } from "../errors.ts";
import { addParisDays, addParisMonths, parisDayStart, parisMonthStart } from "../paris-time.ts";
import type { Grain } from "./usage-source.ts";

/** Whole buckets from the first instant to before the second one, and as many before them. Milliseconds. */
export interface GrainPeriod {
  readonly from: number;
  readonly until: number;
  readonly previousFrom: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

interface GrainRule {
  startOf(instant: number): number;
  /** The start of the bucket that comes so many after the one of the instant. */
  move(instant: number, buckets: number): number;
  /** Buckets of a period without a start, and of the longest one. */
  readonly usual: number;
  readonly most: number;
}

const fixed = (lengthMs: number, usual: number, most: number): GrainRule => ({
  startOf: (instant) => Math.floor(instant / lengthMs) * lengthMs,
  move: (instant, buckets) => (Math.floor(instant / lengthMs) + buckets) * lengthMs,
  usual,
  most,
});

const rules: Readonly<Record<Grain, GrainRule>> = {
  minute: fixed(minuteMs, 60, 6 * 60),
  hour: fixed(hourMs, 24, 31 * 24),
  day: { startOf: parisDayStart, move: addParisDays, usual: 30, most: 400 },
  month: { startOf: parisMonthStart, move: addParisMonths, usual: 12, most: 60 },
};

const earliest = Date.UTC(2000, 0, 1);
const latest = Date.UTC(2200, 0, 1);

/**
 * The period that a request asks for, from instants that may be absent. Errors: `invalid_request` naming `start_time`
 * or `end_time`.
 */
export function readGrainPeriod(
  grain: Grain,
  start: number | undefined,
  end: number | undefined,
  now: number,
): GrainPeriod {
  const rule = rules[grain];
  const last = checkInstant("end_time", end ?? now);
  const until = rule.startOf(last) === last ? last : rule.move(last, 1);
  const from =
    start === undefined ? rule.move(until, -rule.usual) : rule.startOf(checkInstant("start_time", start));
  if (from >= until) throw badPeriod("start_time", "must be before the end of the period");
  if (from < rule.move(until, -rule.most)) {
    throw badPeriod("start_time", `must be within ${rule.most} ${grain}s of the end`);
  }
  return { from, until, previousFrom: periodBefore(grain, from, until) };
}

function checkInstant(field: string, instant: number): number {
  if (!(instant >= earliest && instant <= latest)) {
    throw badPeriod(field, "must be an instant from 2000 to 2200");
  }
  return instant;
}

/** Before whole months come as many months, before whole days as many days: they may be longer or shorter. */
function periodBefore(grain: Grain, from: number, until: number): number {
  const isMonths = parisMonthStart(from) === from && parisMonthStart(until) === until;
  if (grain === "month" || (grain === "day" && isMonths)) {
    return addParisMonths(from, -Math.round((until - from) / (30.44 * dayMs)));
  }
  if (grain === "day") return addParisDays(from, -Math.round((until - from) / dayMs));
  return from - (until - from);
}

/** The longest buckets that make up the period of whole days exactly. */
export function coarsestGrain(from: number, until: number): "day" | "month" {
  return parisMonthStart(from) === from && parisMonthStart(until) === until ? "month" : "day";
}

function badPeriod(field: string, description: string): ServiceError {
  return serviceError("invalid_request", { violations: [{ field, description }] });
}
