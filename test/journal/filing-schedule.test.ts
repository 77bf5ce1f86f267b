// How much a pass of filing takes: as much as ends in time, but never so little that the passes cost more than the lines.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FilingSchedule } from "../../src/journal/filing-schedule.ts";

/** A schedule whose passes take so many milliseconds. */
function passing(tookMs: number) {
  let now = 0;
  const schedule = new FilingSchedule(() => now);
  return {
    schedule,
    pass(lines: number, rows?: number) {
      schedule.start();
      now += tookMs;
      schedule.filed(lines, rows);
    },
  };
}

test("passes that end soon grow, up to 4,096 rows", () => {
  const { schedule, pass } = passing(5);
  const before = schedule.limit;
  pass(before);
  assert.equal(schedule.limit, before * 2);
  for (let count = 0; count < 10; count += 1) pass(schedule.limit);
  assert.equal(schedule.limit, 4096);
});

test("passes that last shrink, down to 512 rows", () => {
  const { schedule, pass } = passing(80);
  const before = schedule.limit;
  pass(before);
  assert.equal(schedule.limit, before / 2);
  for (let count = 0; count < 10; count += 1) pass(schedule.limit);
  assert.equal(schedule.limit, 512);
});

test("a pass of many lines and few rows was not a full one", () => {
  const { schedule, pass } = passing(5);
  const before = schedule.limit;
  schedule.wrote(8192);
  pass(8192, 4);
  assert.equal(schedule.limit, before);
  assert.equal(schedule.isDue, false);
});

test("is due once 4,096 lines wait, or after ten seconds with a write", () => {
  let now = 0;
  const schedule = new FilingSchedule(() => now);
  schedule.start();
  schedule.filed(0);
  now += 20_000;
  assert.equal(schedule.isDue, false);
  schedule.wrote(1);
  assert.equal(schedule.isDue, true);
  schedule.start();
  schedule.filed(1);
  schedule.wrote(4095);
  assert.equal(schedule.isDue, false);
  schedule.wrote(1);
  assert.equal(schedule.isDue, true);
});

/** A schedule at an instant that the test moves; a pass of so many lines takes no time. */
function passingAt() {
  const time = { now: 0 };
  const schedule = new FilingSchedule(() => time.now);
  const pass = (lines: number) => {
    schedule.start();
    schedule.filed(lines);
  };
  return { schedule, time, pass };
}

test("after a pass, what is more than 4 MB of bundles is merged", () => {
  const { schedule, pass } = passingAt();
  pass(8192);
  assert.equal(schedule.mayStay, 4 * 1024 * 1024);
  schedule.merged(4 * 1024 * 1024);
  assert.equal(schedule.mayStay, undefined);
});

test("while calls are few, all bundles are merged a minute after they were the last time", () => {
  const { schedule, time, pass } = passingAt();
  pass(500);
  schedule.merged(4 * 1024 * 1024);
  time.now += 59_000;
  assert.equal(schedule.mayStay, undefined);
  time.now += 1000;
  assert.equal(schedule.mayStay, 0);
  schedule.merged(0);
  assert.equal(schedule.mayStay, undefined);
});

test("while calls are many, bundles are merged only when there are too many of them", () => {
  const { schedule, time, pass } = passingAt();
  time.now += 600_000;
  pass(8192);
  assert.equal(schedule.mayStay, 4 * 1024 * 1024);
  schedule.merged(4 * 1024 * 1024);
  assert.equal(schedule.mayStay, undefined);
  pass(4095);
  assert.equal(schedule.mayStay, 0);
});
