import assert from "node:assert/strict";
import { test } from "node:test";
import { checkRecurrence, describeRecurrence, nextOccurrence } from "../../src/schedule/recurrence.ts";

const at = (iso: string) => Date.parse(iso);

test("minutes are counted from midnight UTC, whatever the start", () => {
  assert.equal(nextOccurrence({ everyMinutes: 15 }, at("2026-11-25T10:01:00Z")), at("2026-11-25T10:15:00Z"));
  assert.equal(nextOccurrence({ everyMinutes: 15 }, at("2026-11-25T10:15:00Z")), at("2026-11-25T10:30:00Z"));
});

test("an hour of the day is the hour of Paris, also where the clocks change", () => {
  const daily = { at: "03:00" };
  assert.equal(nextOccurrence(daily, at("2027-03-27T12:00:00Z")), at("2027-03-28T01:00:00Z"));
  assert.equal(nextOccurrence(daily, at("2027-03-28T01:00:00Z")), at("2027-03-29T01:00:00Z"));
  assert.equal(nextOccurrence(daily, at("2027-10-30T12:00:00Z")), at("2027-10-31T02:00:00Z"));
  assert.equal(nextOccurrence({ at: "02:30" }, at("2027-03-28T00:00:00Z")), at("2027-03-28T01:30:00Z"));
});

test("a day of the month comes once a month, over the end of the year", () => {
  const monthly = { at: "04:00", dayOfMonth: 1 };
  assert.equal(nextOccurrence(monthly, at("2026-12-15T00:00:00Z")), at("2027-01-01T03:00:00Z"));
  assert.equal(nextOccurrence(monthly, at("2027-01-01T02:59:00Z")), at("2027-01-01T03:00:00Z"));
});

test("occurrences of two years follow each other and never stand still", () => {
  for (const recurrence of [{ everyMinutes: 7 * 60 }, { at: "02:30" }, { at: "00:00", dayOfMonth: 28 }]) {
    let instant = at("2026-11-25T00:00:00Z");
    let count = 0;
    for (; instant < at("2028-11-25T00:00:00Z"); count += 1) {
      const next = nextOccurrence(recurrence, instant);
      assert.ok(next > instant);
      instant = next;
    }
    const expected = "everyMinutes" in recurrence ? 2507 : "dayOfMonth" in recurrence ? 24 : 731;
    assert.ok(Math.abs(count - expected) <= 1, `${describeRecurrence(recurrence)}: ${count}`);
  }
});

test("what is no recurrence is refused", () => {
  for (const wrong of [{ everyMinutes: 0 }, { everyMinutes: 1.5 }, { at: "24:00" }, { at: "3:00" }]) {
    assert.throws(() => checkRecurrence(wrong), /not a recurrence/);
  }
  assert.throws(() => checkRecurrence({ at: "03:00", dayOfMonth: 29 }), /not a recurrence/);
});
