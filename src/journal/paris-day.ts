// Usage is counted by the day of the service's clock, Europe/Paris.
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
  if (instant >= latest.start && instant < latest.end) return latest.name;
  if (instant >= previous.start && instant < previous.end) return previous.name;
  previous = latest;
  latest = dayOf(instant);
  return latest.name;
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
