// When the service measures itself: once in every minute that its clock shows, also when that clock is set.
import assert from "node:assert/strict";
import { syncBuiltinESMExports } from "node:module";
import { type TestContext, test } from "node:test";
import { offCause, type ProbeRecord } from "../../src/availability/availability-storage.ts";
import { watchAvailability } from "../../src/availability/watch-availability.ts";

const minuteMs = 60_000;
const start = Date.UTC(2026, 10, 2, 12);

/** Watches in simulated time until `untilMs` have passed; the wall clock is off by what `offMs` says of the time passed. */
async function watchFor(
  context: TestContext,
  untilMs: number,
  offMs: (passedMs: number) => number,
): Promise<number[]> {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  // For those who import the function by its name.
  syncBuiltinESMExports();
  const minutes: number[] = [];
  const ending = new AbortController();
  let passedMs = 0;
  const watching = watchAvailability(
    {
      clock: { now: () => start + passedMs + offMs(passedMs), monotonic: () => passedMs },
      storage: { recordProbe: async ({ minute }) => void minutes.push((minute - start) / minuteMs) },
      instance: "a",
      probe: async () => "",
      report: assert.ifError,
    },
    ending.signal,
  );
  for (; passedMs < untilMs; passedMs += 1000) {
    // Whatever was waited for has happened before the next second begins.
    await new Promise(setImmediate);
    context.mock.timers.tick(1000);
  }
  ending.abort();
  await watching;
  return minutes;
}

test("every minute is measured once", async (context) => {
  const minutes = await watchFor(context, 10 * minuteMs, () => 0);
  assert.deepEqual(minutes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("a clock that is set back: the minutes that come again are measured as well", async (context) => {
  const backAfterMs = 5 * minuteMs;
  const minutes = await watchFor(context, 20 * minuteMs, (passedMs) =>
    passedMs < backAfterMs ? 30 * minuteMs : 0,
  );
  const again = new Set(minutes.filter((minute) => minute < 30));
  for (let minute = 7; minute < 20; minute += 1) assert.ok(again.has(minute), `minute ${minute}`);
});

test("a clock that is set forward: the next minute is measured, those that it left out never were", async (context) => {
  const minutes = await watchFor(context, 6 * minuteMs, (passedMs) =>
    passedMs < 3 * minuteMs ? 0 : 60 * minuteMs,
  );
  assert.deepEqual(minutes, [0, 1, 2, 63, 64, 65]);
});

test("an instance that does not measure itself tells that it lives", async (context) => {
  const records: ProbeRecord[] = [];
  const ending = new AbortController();
  const watching = watchAvailability(
    {
      clock: { now: () => start, monotonic: () => 0 },
      storage: { recordProbe: async (record) => void records.push(record) },
      instance: "a",
      probe: undefined,
      report: assert.ifError,
    },
    ending.signal,
  );
  await context.waitFor(() => assert.equal(records.length, 1));
  ending.abort();
  await watching;
  assert.deepEqual(records, [{ minute: start, instance: "a", succeeded: false, cause: offCause }]);
});
