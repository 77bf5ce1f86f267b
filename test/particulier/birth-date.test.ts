import assert from "node:assert/strict";
import { test } from "node:test";
import { existsInCalendar, wholeDate } from "../../src/particulier/birth-date.ts";

test("days exist as in the Gregorian calendar, and as far as civil registers know them", () => {
  for (const [year, month, day] of [
    [2000, 2, 29],
    [2004, 2, 29],
    [2005, 2, 28],
    [2005, 12, 31],
    [2005, 4, 30],
    [2005, 4, 0],
    [2005, 0, 0],
  ] as const) {
    assert.ok(existsInCalendar(year, month, day), `${year}-${month}-${day}`);
  }
  for (const [year, month, day] of [
    [1900, 2, 29],
    [2005, 2, 29],
    [2004, 2, 30],
    [2005, 4, 31],
    [2005, 0, 1],
    [2005, 13, 1],
  ] as const) {
    assert.ok(!existsInCalendar(year, month, day), `${year}-${month}-${day}`);
  }
});

test("it says the same as the calendar of the runtime, every day of a century", () => {
  for (let year = 1990; year < 2090; year += 1) {
    for (let month = 1; month <= 12; month += 1) {
      for (let day = 28; day <= 31; day += 1) {
        const exists = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
        assert.equal(existsInCalendar(year, month, day), exists);
      }
    }
  }
});

test("only a whole date is answered", () => {
  assert.equal(wholeDate("2001-02-03"), "2001-02-03");
  assert.equal(wholeDate("2001-02-00"), undefined);
  assert.equal(wholeDate("2001-00-00"), undefined);
});
