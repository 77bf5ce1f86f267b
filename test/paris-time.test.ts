import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addParisMonths,
  nextParisDay,
  parisDay,
  parisDayStart,
  parisMonthStart,
  startOfParisDay,
} from "../src/paris-time.ts";

test("the day changes at midnight in Paris, in winter and in summer", () => {
  const cases = {
    "2026-01-14T22:59:59.999Z": "2026-01-14",
    "2026-01-14T23:00:00.000Z": "2026-01-15",
    "2026-07-14T21:59:59.999Z": "2026-07-14",
    "2026-07-14T22:00:00.000Z": "2026-07-15",
    "2026-12-31T23:00:00.000Z": "2027-01-01",
    "2028-02-28T23:30:00.000Z": "2028-02-29",
    // Clocks change at 01:00 UTC: the day of 23 hours, then the day of 25.
    "2026-03-28T23:00:00.000Z": "2026-03-29",
    "2026-03-29T21:59:59.999Z": "2026-03-29",
    "2026-03-29T22:00:00.000Z": "2026-03-30",
    "2026-10-24T22:00:00.000Z": "2026-10-25",
    "2026-10-25T22:59:59.999Z": "2026-10-25",
    "2026-10-25T23:00:00.000Z": "2026-10-26",
  };
  for (const [instant, day] of Object.entries(cases))
    assert.equal(parisDay(Date.parse(instant)), day, instant);
});

test("every hour of two years, in order and out of it, agrees with Intl", () => {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Paris" });
  const start = Date.UTC(2026, 0, 1, 0, 30);
  const hours = Array.from({ length: 2 * 365 * 24 }, (_, index) => start + index * 3_600_000);
  const shuffled = hours.map((_, index) => hours[(index * 7919) % hours.length] ?? 0);
  for (const instant of [...hours, ...shuffled.slice(0, 2000)])
    assert.equal(parisDay(instant), format.format(instant));
});

test("days and months start at midnight in Paris, and follow each other over changes of the clock", () => {
  const format = (instant: number) => new Date(instant).toISOString();
  assert.equal(format(startOfParisDay("2026-03-29")), "2026-03-28T23:00:00.000Z");
  assert.equal(format(nextParisDay(startOfParisDay("2026-03-29"))), "2026-03-29T22:00:00.000Z");
  assert.equal(format(nextParisDay(startOfParisDay("2026-10-25"))), "2026-10-25T23:00:00.000Z");
  assert.equal(format(parisDayStart(Date.parse("2026-07-14T21:59:59.999Z"))), "2026-07-13T22:00:00.000Z");
  assert.equal(format(parisMonthStart(Date.parse("2026-03-31T21:59:59Z"))), "2026-02-28T23:00:00.000Z");
  assert.equal(format(parisMonthStart(Date.parse("2026-03-31T22:00:00Z"))), "2026-03-31T22:00:00.000Z");
  assert.equal(format(addParisMonths(startOfParisDay("2026-11-01"), 2)), "2026-12-31T23:00:00.000Z");
  assert.equal(format(addParisMonths(startOfParisDay("2026-11-01"), -11)), "2025-11-30T23:00:00.000Z");
});
