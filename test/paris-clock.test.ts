import assert from "node:assert/strict";
import { test } from "node:test";
import { addMonths, fromParisTime, toParisTime } from "../src/paris-clock.ts";

const at = (iso: string) => Date.parse(iso);

test("readings of Paris clocks become instants, in winter and in summer", () => {
  const reading = { year: 2027, month: 1, day: 15, hour: 9, minute: 30, second: 5 };
  assert.equal(fromParisTime(reading), at("2027-01-15T08:30:05Z"));
  assert.equal(fromParisTime({ ...reading, month: 7 }), at("2027-07-15T07:30:05Z"));
  assert.deepEqual(toParisTime(at("2027-07-15T07:30:05Z")), { ...reading, month: 7 });
});

test("a reading that clocks skip is an hour later, one that they show twice is the first", () => {
  const skipped = { year: 2027, month: 3, day: 28, hour: 2, minute: 30, second: 0 };
  assert.equal(fromParisTime(skipped), at("2027-03-28T01:30:00Z"));
  const doubled = { year: 2027, month: 10, day: 31, hour: 2, minute: 30, second: 0 };
  assert.equal(fromParisTime(doubled), at("2027-10-31T00:30:00Z"));
});

const sums: readonly [from: string, months: number, to: string][] = [
  ["2026-11-25T08:00:00Z", 6, "2027-05-25T07:00:00Z"],
  ["2026-08-31T10:00:00Z", 6, "2027-02-28T11:00:00Z"],
  ["2027-08-31T10:00:00Z", 6, "2028-02-29T11:00:00Z"],
  ["2026-12-31T22:59:59.999Z", 6, "2027-06-30T21:59:59.999Z"],
  ["2026-12-31T23:30:00Z", 6, "2027-06-30T22:30:00Z"],
  ["2027-05-25T07:00:00Z", -6, "2026-11-25T08:00:00Z"],
];
for (const [from, months, to] of sums) {
  test(`${from} and ${months} months are ${to}`, () => {
    assert.equal(new Date(addMonths(at(from), months)).toISOString(), new Date(at(to)).toISOString());
  });
}
