import type { Admission } from "../referential/student.ts";

/** Days, `YYYY-MM-DD`, both included. */
interface Period {
  readonly from: string;
  readonly to: string;
}

const always: Period = { from: "0000-00-00", to: "9999-99-99" };

/**
 * The period whose admissions are answered. `current`: the academic year of the instant in Europe/Paris and the
 * coming one; an academic year runs from 1 September to 31 August. `all`: always.
 */
export function admissionPeriod(window: "current" | "all", instant: number): Period {
  if (window === "all") return always;
  const day = parisDay.format(instant);
  const year = Number(day.slice(0, 4));
  const start = day.slice(5) >= "09-01" ? year : year - 1;
  return { from: `${start}-09-01`, to: `${start + 2}-08-31` };
}

// The Swedish locale writes dates as ISO 8601 does.
const parisDay = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris", dateStyle: "short" });

/**
 * The admissions that have a day in the period, in their order. With `onDate`, those that cover that day, which
 * must itself lie in the period: a date narrows the service's window and never widens it.
 */
export function admissionsWithin(
  admissions: readonly Admission[],
  period: Period,
  onDate: string | undefined,
): readonly Admission[] {
  if (onDate === undefined) return keepOverlapping(admissions, period.from, period.to);
  if (onDate < period.from || onDate > period.to) return [];
  return keepOverlapping(admissions, onDate, onDate);
}

function keepOverlapping(admissions: readonly Admission[], from: string, to: string): readonly Admission[] {
  return admissions.filter(({ startDate, endDate }) => startDate <= to && endDate >= from);
}

const hourMs = 3_600_000;

/** The period at each moment. It changes at midnight in Paris, which is a full hour of UTC: computed once an hour. */
export function createAdmissionPeriod(window: "current" | "all"): (instant: number) => Period {
  let hour = Number.NaN;
  let period = always;
  return (instant) => {
    const now = Math.floor(instant / hourMs);
    if (now !== hour) {
      hour = now;
      period = admissionPeriod(window, instant);
    }
    return period;
  };
}
