// The service's calendar: days and months of Europe/Paris, by which calls are counted and availability is judged.
const hourMs = 3_600_000;

const format = new Intl.DateTimeFormat("en-CA", {
  timeZone: "Europe/Paris",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
});

interface Day {
  readonly name: string;
  /** First instant, and first instant of the next day, in milliseconds. */
  readonly start: number;
  readonly end: number;
}

// Two days, because lines of both sides of a midnight arrive mixed.
let latest: Day = { name: "", start: 0, end: 0 };
let previous: Day = latest;

/** The day in Europe/Paris of an instant in milliseconds, as YYYY-MM-DD. */
export function parisDay(instant: number): string {
  return find(instant).name;
}

/** The first instant of the day in Europe/Paris, in milliseconds. */
export function parisDayStart(instant: number): number {
  return find(instant).start;
}

/** The first instant of the next day. */
export function nextParisDay(instant: number): number {
  return find(instant).end;
}

/** The first instant of a day in Europe/Paris, YYYY-MM-DD. */
export function startOfParisDay(name: string): number {
  return startOf(name);
}

/** The first instant of the month in Europe/Paris. */
export function parisMonthStart(instant: number): number {
  const month = parisDay(instant).slice(0, 7);
  if (month !== latestMonth.name) latestMonth = { name: month, start: startOf(`${month}-01`) };
  return latestMonth.start;
}

/** The first instant of the month that comes so many months after the one of the instant, or before it. */
export function addParisMonths(instant: number, months: number): number {
  const [year = 0, month = 1] = parisDay(instant).split("-").map(Number);
  return startOf(new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 10));
}

/** The first instant of the day that comes so many days after the one of the instant, or before it. */
export function addParisDays(instant: number, days: number): number {
  const [year = 0, month = 1, day = 1] = parisDay(instant).split("-").map(Number);
  return startOf(new Date(Date.UTC(year, month - 1, day + days)).toISOString().slice(0, 10));
}

/** Days of the calendar in Europe/Paris from one instant to a later one: 0 within a day, 1 over one midnight. */
export function parisDaysBetween(from: number, to: number): number {
  const noon = (instant: number) => Date.parse(`${parisDay(instant)}T12:00:00Z`);
  return Math.round((noon(to) - noon(from)) / 86_400_000);
}

let latestMonth = { name: "", start: 0 };

function find(instant: number): Day {
  if (instant >= latest.start && instant < latest.end) return latest;
  if (instant >= previous.start && instant < previous.end) return previous;
  previous = latest;
  latest = dayOf(instant);
  return latest;
}

function dayOf(instant: number): Day {
  const name = format.format(instant);
  const start = startOf(name);
  // 36 hours later is always within the next day: days have 23 to 25 hours.
  return { name, start, end: startOf(format.format(start + 36 * hourMs)) };
}

function startOf(name: string): number {
  const midnight = Date.parse(`${name}T00:00:00Z`);
  // One or two hours ahead of UTC; clocks change at 01:00 UTC, never at a midnight in Paris.
  const summer = midnight - 2 * hourMs;
  return format.format(summer) === name ? summer : midnight - hourMs;
}
