import assert from "node:assert/strict";
import { test } from "node:test";
import { dueNotice, noticeDays } from "../../src/token/notice-schedule.ts";

const dayMs = 86_400_000;
const startedAt = Date.parse("2026-09-01T08:00:00Z");
const term = { startedAt, endsAt: startedAt + 548 * dayMs };

const dueDays = (now: number, of = term) => dueNotice(of, now)?.days;

test("each threshold is due from its instant to the next one's", () => {
  assert.equal(dueDays(startedAt), undefined);
  assert.equal(dueDays(term.endsAt - 90 * dayMs - 1), undefined);
  for (const [index, days] of noticeDays.entries()) {
    const dueAt = term.endsAt - days * dayMs;
    assert.deepEqual(dueNotice(term, dueAt), { days, dueAt });
    const next = noticeDays[index + 1];
    if (next !== undefined) assert.equal(dueDays(term.endsAt - next * dayMs - 1), days);
  }
});

test("an end is told for 30 days", () => {
  assert.equal(dueDays(term.endsAt + 30 * dayMs - 1), 0);
  assert.equal(dueDays(term.endsAt + 30 * dayMs), undefined);
});

test("a term that starts within a threshold does not call for it", () => {
  const short = { startedAt, endsAt: startedAt + 20 * dayMs };
  assert.equal(dueDays(startedAt, short), undefined);
  assert.equal(dueDays(startedAt + 6 * dayMs, short), 14);
  const exact = { startedAt, endsAt: startedAt + 30 * dayMs };
  assert.equal(dueDays(startedAt + dayMs, exact), undefined, "it was issued knowing that");
});

test("a walk by hours meets each threshold once, in their order", () => {
  const met: number[] = [];
  for (let now = startedAt; now < term.endsAt + 40 * dayMs; now += 3_600_000) {
    const days = dueDays(now);
    if (days !== undefined && days !== met.at(-1)) met.push(days);
  }
  assert.deepEqual(met, [...noticeDays]);
});
