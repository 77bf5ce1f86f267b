import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { serviceError } from "../../src/errors.ts";
import { measuredTest } from "../support/measured-test.ts";
import {
  admitted,
  assertAdmitted,
  call,
  load,
  longestWaitMs,
  machineLagMs,
  machineStalls,
  neverAborted,
  startGuard,
} from "./load.ts";
import { mostInAnySecond } from "./simulation.ts";

/** Room for timers and for a busy machine, in milliseconds. */
function slackMs(): number {
  return 40 + machineLagMs();
}

/** Calls that are admitted in time and noted late, in the next second, by a process that stalls between both. */
const lateNotes = 5;

/** Takes all of a second at once, and asks for more; again when the machine stalled for longer than a call may wait. */
async function fillSecond(stack: AsyncDisposableStack) {
  for (let attempt = 1; ; attempt += 1) {
    const guard = await startGuard({ tokenCallsPerSecond: 50 });
    stack.defer(() => guard.close());
    const results = await Promise.all(Array.from({ length: 51 }, () => call(guard, "one")));
    const refusal = await call(guard, "another");
    const passed = admitted(results).length;
    if (attempt === 20 || (passed === 50 && refusal.refused !== undefined)) return { guard, passed, refusal };
  }
}

/** Takes all of a token's second, and one more; again when the machine stalled until the next second. */
async function fillRate(stack: AsyncDisposableStack) {
  for (let attempt = 1; ; attempt += 1) {
    const guard = await startGuard();
    stack.defer(() => guard.close());
    assert.deepEqual(guard.allowance("five", 5), { limit: 5, remaining: 5, resetMs: 0 });
    const startMs = performance.now();
    const results = await Promise.all(Array.from({ length: 6 }, () => call(guard, "five", 5)));
    const left = guard.allowance("five", 5);
    const refusals = results.map(({ refused }) => refused);
    if (attempt === 20 || performance.now() - startMs < 1000) return { guard, refusals, left };
  }
}

describe("one instance", { concurrency: true }, () => {
  measuredTest(
    "50 calls at once pass, the 51st gets 429, and waiting exactly what it says lets one pass",
    async () => {
      await using stack = new AsyncDisposableStack();
      const { guard, passed, refusal } = await fillSecond(stack);
      assert.equal(passed, 50);
      assert.equal(refusal.refused, "service_saturated");
      assert.ok((refusal.retryAfterMs ?? 0) > 0 && (refusal.retryAfterMs ?? 0) <= 1000);
      await sleep(refusal.retryAfterMs);
      assert.equal((await call(guard, "another")).refused, undefined);
    },
  );

  measuredTest("a token's own rate: refused beyond it as rate_limited, with its allowance told", async () => {
    await using stack = new AsyncDisposableStack();
    const { guard, refusals, left } = await fillRate(stack);
    assert.deepEqual(refusals, [...Array.from({ length: 5 }, () => undefined), "rate_limited"]);
    assert.equal(left.remaining, 0);
    assert.ok(left.resetMs > 0 && left.resetMs <= 1000);
    const other = await guard.admit("other", undefined, neverAborted);
    assert.deepEqual(other, { limit: 20, remaining: 19, resetMs: 1000 });
  });

  test("a rate above the service's means the service's; one without sense means the default", async () => {
    await using stack = new AsyncDisposableStack();
    const guard = await startGuard();
    stack.defer(() => guard.close());
    assert.equal(guard.allowance("much", 1000).limit, 50);
    for (const senseless of [0, -3, Number.NaN]) assert.equal(guard.allowance("none", senseless).limit, 20);
  });

  test("limits without sense refuse to start", async () => {
    for (const value of [0, -1, Number.NaN, 1.5, Number.POSITIVE_INFINITY]) {
      await assert.rejects(startGuard({ callsPerSecond: value }), /callsPerSecond/);
      await assert.rejects(startGuard({ tokenCallsPerSecond: value }), /tokenCallsPerSecond/);
      await assert.rejects(startGuard({ instances: value }), /instances/);
    }
    await assert.rejects(startGuard({ queueMaxWaitMs: -1 }), /queueMaxWaitMs/);
  });

  measuredTest(
    "three floods: a token with 5 calls per second keeps all its calls, with small waits",
    async () => {
      await using stack = new AsyncDisposableStack();
      const guard = await startGuard();
      stack.defer(() => guard.close());
      const calm = load([guard], { perSecond: 5, forMs: 4000, tokenIds: ["calm"], isCalm: true });
      await sleep(1100);
      const before = machineStalls().lostMs;
      const floods = await load([guard], { perSecond: 900, forMs: 2800, tokenIds: ["a", "b", "c"] });
      const results = await calm;
      assertAdmitted(results);
      assert.ok(longestWaitMs(results) < 60 + slackMs(), `${longestWaitMs(results)} ms`);
      const passed = admitted([...floods, ...results]).map(({ endMs }) => endMs);
      assert.ok(mostInAnySecond(passed) <= 50 + lateNotes, `${mostInAnySecond(passed)} in a second`);
      const seconds = 2.8 - (machineStalls().lostMs - before) / 1000;
      assert.ok(admitted(floods).length >= seconds * 45 * 0.95, `${admitted(floods).length} in ${seconds} s`);
      assert.ok(longestWaitMs(floods) < 250 + slackMs(), `${longestWaitMs(floods)} ms`);
    },
  );

  measuredTest("a call that is given up leaves its place and takes nothing", async () => {
    await using stack = new AsyncDisposableStack();
    const guard = await startGuard({ queueMaxWaitMs: 2000 });
    stack.defer(() => guard.close());
    await Promise.all(Array.from({ length: 3 }, () => call(guard, "token", 3)));
    const leaving = new AbortController();
    const waiting = guard.admit("token", 3, leaving);
    const next = call(guard, "token", 3);
    leaving.abort(new Error("the client left"));
    await assert.rejects(async () => waiting, { id: "cancelled" });
    assert.throws(() => guard.admit("token", 3, leaving), { id: "cancelled" });
    assert.equal((await next).refused, undefined);
    assert.ok(guard.allowance("token", 3).remaining >= 2);

    const late = new AbortController();
    await Promise.all(Array.from({ length: 2 }, () => call(guard, "token", 3)));
    const overdue = guard.admit("token", 3, late);
    late.abort(serviceError("deadline_exceeded"));
    await assert.rejects(async () => overdue, { id: "deadline_exceeded" });
  });

  test("a closed guard refuses waiting and new calls", async () => {
    const guard = await startGuard({ queueMaxWaitMs: 5000 });
    await Promise.all(Array.from({ length: 20 }, () => call(guard, "token")));
    const waiting = call(guard, "token");
    await guard.close();
    assert.notEqual((await waiting).refused, undefined);
    assert.equal((await call(guard, "token")).refused, "shutting_down");
  });
});

// Alone: it sets the clock of the whole process.
measuredTest("the machine's clock set forward and back an hour does not stop the calls", async () => {
  await using stack = new AsyncDisposableStack();
  const guard = await startGuard({ tokenCallsPerSecond: 50 });
  const realNow = Date.now;
  stack.defer(() => guard.close());
  stack.defer(() => {
    Date.now = realNow;
  });
  for (const shiftMs of [3_600_000, 0, -3_600_000]) {
    Date.now = () => realNow() + shiftMs;
    const results = await load([guard], { perSecond: 40, forMs: 700, tokenIds: ["token"], isCalm: true });
    assertAdmitted(results, `shift ${shiftMs}:`);
    assert.ok(longestWaitMs(results) < 60 + slackMs(), `${longestWaitMs(results)} ms after ${shiftMs}`);
  }
});

measuredTest(
  "a permit at hand is an answer at once; a million per second cost a microsecond or so each",
  async () => {
    await using stack = new AsyncDisposableStack();
    const guard = await startGuard({ callsPerSecond: 1_000_000, tokenCallsPerSecond: 1_000_000 });
    stack.defer(() => guard.close());
    let atOnce = 0;
    let calls = 0;
    const startMs = performance.now();
    while (calls < 200_000) {
      for (let batch = 0; batch < 100; batch += 1) {
        const answer = guard.admit(`token-${calls % 100}`, undefined, neverAborted);
        calls += 1;
        if (answer instanceof Promise) await answer;
        else atOnce += 1;
      }
      await new Promise(setImmediate);
    }
    const microseconds = ((performance.now() - startMs) * 1000) / calls;
    assert.ok(atOnce / calls > 0.99, `${atOnce} of ${calls} at once`);
    assert.ok(microseconds < 20, `${microseconds} µs a call`);
  },
);
