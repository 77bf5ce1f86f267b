// Instants and numbers as French readers write them. Days are those of Paris, whatever the server's time zone.
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import { type Html, html } from "./html.ts";

const timeZone = "Europe/Paris";
const day = new Intl.DateTimeFormat("fr-FR", { timeZone, dateStyle: "long" });
const shortDay = new Intl.DateTimeFormat("fr-FR", { timeZone, dateStyle: "short" });
const minute = new Intl.DateTimeFormat("fr-FR", { timeZone, dateStyle: "long", timeStyle: "short" });
const second = new Intl.DateTimeFormat("fr-FR", { timeZone, dateStyle: "short", timeStyle: "medium" });
const number = new Intl.NumberFormat("fr-FR");

const hour = new Intl.DateTimeFormat("fr-FR", { timeZone, hour: "2-digit", minute: "2-digit" });
const dayAndMonth = new Intl.DateTimeFormat("fr-FR", { timeZone, day: "2-digit", month: "2-digit" });
const month = new Intl.DateTimeFormat("fr-FR", { timeZone, month: "long", year: "numeric" });

/** An instant of a contract, or in milliseconds since 1970. */
export type Instant = Timestamp | number;

/** `25 novembre 2026` */
export function formatDay(instant: Instant): string {
  return day.format(toMs(instant));
}

/** `25 novembre 2026 à 14:05` */
function formatMinute(instant: Instant): string {
  return minute.format(toMs(instant));
}

/** `25/11/2026 14:05:09` */
export function formatSecond(instant: Instant): string {
  return second.format(toMs(instant));
}

/** `25/11 14:00` */
export function formatHour(instant: Instant): string {
  return `${dayAndMonth.format(toMs(instant))} ${hour.format(toMs(instant))}`;
}

/** `25/11` */
export function formatShortDay(instant: Instant): string {
  return dayAndMonth.format(toMs(instant));
}

/** `novembre 2026` */
export function formatMonth(instant: Instant): string {
  return month.format(toMs(instant));
}

/** `25/11/2026` of a day `2026-11-25`. */
export function formatIsoDay(text: string): string {
  return text === "" ? "" : shortDay.format(Date.parse(`${text}T12:00:00Z`));
}

/** An instant as machines and people read it; nothing is a dash. */
export function timeTag(instant: Instant | undefined, format: (at: Instant) => string = formatMinute): Html {
  if (instant === undefined) return html`–`;
  return html`<time datetime="${new Date(toMs(instant)).toISOString()}">${format(instant)}</time>`;
}

/** `12 345` */
export function formatNumber(value: number | bigint): string {
  return number.format(value);
}

/** `99,87 %` */
export function formatPercent(ratio: number, digits = 2): string {
  const format = new Intl.NumberFormat("fr-FR", { style: "percent", maximumFractionDigits: digits });
  return format.format(ratio);
}

/** `99,87 %`, rounded down: a promise that was missed by a little must not look kept. */
export function formatShare(ratio: number): string {
  return formatPercent(Math.floor(ratio * 100_000) / 100_000, 3);
}

/** Whole days from an instant to another, rounded up: a token of which an hour is left has one day. */
export function daysUntil(end: Instant, now: number): number {
  return Math.max(0, Math.ceil((toMs(end) - now) / 86_400_000));
}

export function toMs(instant: Instant): number {
  return typeof instant === "number" ? instant : timestampMs(instant);
}
