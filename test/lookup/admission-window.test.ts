import assert from "node:assert/strict";
import { test } from "node:test";
import {
  admissionPeriod,
  admissionsWithin,
  createAdmissionPeriod,
} from "../../src/lookup/admission-window.ts";
import type { Admission } from "../../src/referential/student.ts";

const current = (instant: string) => admissionPeriod("current", Date.parse(instant));

test("the academic year turns on 1 September at midnight in Paris", () => {
  const ending = { from: "2025-09-01", to: "2027-08-31" };
  const starting = { from: "2026-09-01", to: "2028-08-31" };
  assert.deepEqual(current("2026-08-31T21:59:59.999Z"), ending);
  assert.deepEqual(current("2026-08-31T22:00:00.000Z"), starting);
  assert.deepEqual(current("2026-09-01T12:00:00Z"), starting);
  assert.deepEqual(current("2026-12-31T23:30:00Z"), starting);
  assert.deepEqual(current("2027-01-01T12:00:00Z"), starting);
  assert.deepEqual(current("2027-08-31T12:00:00Z"), starting);
});

test("the remembered period changes with the clock, in both directions", () => {
  const periodAt = createAdmissionPeriod("current");
  const before = Date.parse("2026-08-31T21:59:59.999Z");
  for (const instant of [before, before + 1, before, before + 3_600_000, before - 1]) {
    assert.deepEqual(periodAt(instant), admissionPeriod("current", instant));
  }
});

const years: readonly Admission[] = ["2027", "2026", "2025", "2024"].map((year) => ({
  startDate: `${year}-09-01`,
  endDate: `${Number(year) + 1}-08-31`,
  registered: true,
  regime: 1,
  communeCog: "29019",
  uai: "0290001A",
}));

const startsOf = (admissions: readonly Admission[]) =>
  admissions.map(({ startDate }) => startDate.slice(0, 4));

test("current keeps this academic year and the next one, most recent first", () => {
  const period = current("2026-08-31T12:00:00Z");
  assert.deepEqual(startsOf(admissionsWithin(years, period, undefined)), ["2026", "2025"]);
});

test("one day within the period is enough", () => {
  const period = current("2026-10-01T12:00:00Z");
  const [year] = years as [Admission];
  const kept = (startDate: string, endDate: string) =>
    admissionsWithin([{ ...year, startDate, endDate }], period, undefined).length === 1;
  assert.ok(kept("2020-01-01", "2026-09-01"));
  assert.ok(!kept("2020-01-01", "2026-08-31"));
  assert.ok(kept("2028-08-31", "2029-08-31"));
  assert.ok(!kept("2028-09-01", "2029-08-31"));
});

test("all keeps everything", () => {
  assert.equal(admissionsWithin(years, admissionPeriod("all", 0), undefined).length, 4);
});

test("a date narrows the window and never widens it", () => {
  const period = current("2026-10-01T12:00:00Z");
  const on = (day: string) => startsOf(admissionsWithin(years, period, day));
  assert.deepEqual(on("2026-09-01"), ["2026"]);
  assert.deepEqual(on("2027-08-31"), ["2026"]);
  assert.deepEqual(on("2027-09-01"), ["2027"]);
  assert.deepEqual(on("2026-08-31"), []);
  assert.deepEqual(on("2028-09-01"), []);
  const long = [{ ...(years[0] as Admission), startDate: "2020-09-01", endDate: "2027-08-31" }];
  assert.equal(admissionsWithin(long, period, undefined).length, 1);
  assert.equal(admissionsWithin(long, period, "2021-01-01").length, 0, "the day lies outside the window");
  assert.equal(admissionsWithin(long, admissionPeriod("all", 0), "2021-01-01").length, 1);
});
