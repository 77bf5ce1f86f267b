// When a job is due. Days and hours are those of Paris; nothing here reads the time.
import { fromParisTime, type ParisTime, toParisTime } from "../paris-clock.ts";

/** `every`: minutes between runs, 1 to 1440, counted from midnight UTC of 1970. `at`: an hour of Paris, `HH:MM`. */
export type Recurrence =
  | { readonly everyMinutes: number }
  | { readonly at: string }
  /** `day`: 1 to 28. */
  | { readonly at: string; readonly dayOfMonth: number };

const minuteMs = 60_000;

/** The first instant after `after` at which the job is due, in milliseconds. */
export function nextOccurrence(recurrence: Recurrence, after: number): number {
  if ("everyMinutes" in recurrence) {
    const interval = recurrence.everyMinutes * minuteMs;
    return (Math.floor(after / interval) + 1) * interval;
  }
  const now = toParisTime(after);
  const [hour = 0, minute = 0] = recurrence.at.split(":").map(Number);
  const isMonthly = "dayOfMonth" in recurrence;
  const day = isMonthly ? recurrence.dayOfMonth : now.day;
  const first: ParisTime = { ...now, day, hour, minute, second: 0 };
  const following = isMonthly ? { ...first, month: now.month + 1 } : { ...first, day: now.day + 1 };
  const instant = fromParisTime(first);
  return instant > after ? instant : fromParisTime(following);
}

/** Refuses, at the start, a recurrence that would never or wrongly come. */
export function checkRecurrence(recurrence: Recurrence): void {
  const isValid =
    "everyMinutes" in recurrence
      ? isBetween(recurrence.everyMinutes, 1, 1440)
      : /^([01]\d|2[0-3]):[0-5]\d$/u.test(recurrence.at) &&
        (!("dayOfMonth" in recurrence) || isBetween(recurrence.dayOfMonth, 1, 28));
  if (!isValid) throw new Error(`not a recurrence: ${JSON.stringify(recurrence)}`);
}

/** As an operator reads it: `every 5 min`, `daily at 03:00`, `monthly on day 1 at 03:00`. */
export function describeRecurrence(recurrence: Recurrence): string {
  if ("everyMinutes" in recurrence) return `every ${recurrence.everyMinutes} min`;
  return "dayOfMonth" in recurrence
    ? `monthly on day ${recurrence.dayOfMonth} at ${recurrence.at}`
    : `daily at ${recurrence.at}`;
}

function isBetween(value: number, minimum: number, maximum: number): boolean {
  return Number.isInteger(value) && value >= minimum && value <= maximum;
}
