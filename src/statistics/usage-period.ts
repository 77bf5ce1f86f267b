import { type ServiceError, serviceError } from "../errors.ts";

/** Days from first to last, both included, as `YYYY-MM-DD`. */
export interface UsagePeriod {
  readonly firstDay: string;
  readonly lastDay: string;
}

/** Longest period, in days. */
const maxDays = 400;
/** Length of the period when no start is given, in days. */
const defaultDays = 30;
const dayMs = 86_400_000;

/**
 * The period that a request asks for, from dates `YYYY-MM-DD` that may be absent; `today` is the day of the service.
 * Errors: `invalid_request` naming `start_date` or `end_date`.
 */
export function readUsagePeriod(
  startDate: string | undefined,
  endDate: string | undefined,
  today: string,
): UsagePeriod {
  const last = readDay("end_date", endDate ?? today);
  const first = startDate === undefined ? last - (defaultDays - 1) * dayMs : readDay("start_date", startDate);
  if (first > last) throw badPeriod("start_date", "must not be later than the last day");
  if (last - first >= maxDays * dayMs) throw badPeriod("start_date", `must be within ${maxDays} days`);
  return { firstDay: writeDay(first), lastDay: writeDay(last) };
}

/** Midnight UTC of a day, in milliseconds: days are counted there, where all have the same length. */
function readDay(field: string, text: string): number {
  const instant = /^\d{4}-\d{2}-\d{2}$/u.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(instant) || writeDay(instant) !== text) {
    throw badPeriod(field, "must be a date that exists, as YYYY-MM-DD");
  }
  return instant;
}

function writeDay(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}

function badPeriod(field: string, description: string): ServiceError {
  return serviceError("invalid_request", { violations: [{ field, description }] });
}
