// The calendar of the service, Europe/Paris: what partners read as a day, an hour or "six months" is counted there.

/** A wall-clock reading in Paris. `month` is 1 to 12. */
export interface ParisTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const format = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/Paris",
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** What clocks in Paris show at an instant in milliseconds. */
export function toParisTime(instant: number): ParisTime {
  const parts = format.formatToParts(instant);
  const read = (type: Intl.DateTimeFormatPartTypes) =>
    Number(parts.find((part) => part.type === type)?.value ?? Number.NaN);
  return {
    year: read("year"),
    month: read("month"),
    day: read("day"),
    hour: read("hour"),
    minute: read("minute"),
    second: read("second"),
  };
}

/**
 * The instant, in milliseconds, at which clocks in Paris show a reading. Fields beyond their range carry over, as in
 * `Date.UTC`. A reading that clocks skip in spring is one hour later; one that they show twice in autumn, the first.
 */
export function fromParisTime(time: ParisTime): number {
  const reading = asUtc(time);
  // Paris is one or two hours ahead of UTC; summer time first, which is the earlier instant of a doubled hour.
  const candidates = [reading - 2 * hourMs, reading - hourMs];
  return candidates.find((instant) => asUtc(toParisTime(instant)) === reading) ?? reading - hourMs;
}

/**
 * The same reading of Paris clocks `months` calendar months later; the last day of the month when that month is
 * shorter (31 August + 6 months = 28 or 29 February). Milliseconds are kept.
 */
export function addMonths(instant: number, months: number): number {
  const time = toParisTime(instant);
  const lastDay = new Date(Date.UTC(time.year, time.month + months, 0)).getUTCDate();
  const moved = fromParisTime({ ...time, month: time.month + months, day: Math.min(time.day, lastDay) });
  return moved + (((instant % 1000) + 1000) % 1000);
}

const hourMs = 3_600_000;

function asUtc({ year, month, day, hour, minute, second }: ParisTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
