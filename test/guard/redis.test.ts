import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { ModeChange } from "../../src/guard/authority.ts";
import type { Guard } from "../../src/guard/guard.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { admitted, load, longestWaitMs, startGuard, until } from "./load.ts";
import { mostInAnySecond } from "./simulation.ts";

let redis: RedisServer;
before(async () => {
  redis = await startRedis();
});
after(() => redis.stop());

const tokenIds = Array.from({ length: 8 }, (_, index) => `token-${index}`);
/** Added by a Redis that fails, at most; and room for a busy machine; in milliseconds. */
const addedMs = 100;
const slackMs = 50;

interface SharedGuard {
  readonly guard: Guard;
  readonly changes: ModeChange[];
}

async function startShared(stack: AsyncDisposableStack): Promise<SharedGuard> {
  const changes: ModeChange[] = [];
  const guard = await startGuard({
    redisUrl: redis.url,
    instances: 2,
    onModeChange: (change) => changes.push(change),
  });
  stack.defer(() => guard.close());
  return { guard, changes };
}

test("two instances offered 120 calls per second let 50 through", async () => {
  await using stack = new AsyncDisposableStack();
  const guards = [(await startShared(stack)).guard, (await startShared(stack)).guard];
  await sleep(1050);
  const startMs = performance.now();
  const results = await load(guards, { perSecond: 120, forMs: 6000, tokenIds });
  const passed = admitted(results).map(({ endMs }) => endMs - startMs);
  const settled = passed.filter((atMs) => atMs >= 1000 && atMs < 6000).length / 5;
  assert.ok(settled >= 50 * 0.95 && settled <= 50 * 1.05, `${settled} per second`);
  assert.ok(mostInAnySecond(passed) <= 52, `${mostInAnySecond(passed)} in a second`);
  assert.deepEqual(
    guards.map(({ mode }) => mode),
    ["shared", "shared"],
  );
});

test("a token's rate holds over two instances", async () => {
  await using stack = new AsyncDisposableStack();
  const guards = [(await startShared(stack)).guard, (await startShared(stack)).guard];
  await sleep(1050);
  const startMs = performance.now();
  const results = await load(guards, { perSecond: 100, forMs: 4000, tokenIds: ["hot"] });
  const passed = admitted(results).map(({ endMs }) => endMs - startMs);
  const settled = passed.filter((atMs) => atMs >= 1000 && atMs < 4000).length / 3;
  assert.ok(settled >= 20 * 0.9 && settled <= 20 * 1.1, `${settled} per second`);
  assert.ok(results.some(({ refused }) => refused === "rate_limited"));
  // The lop-sided case: all its calls on one instance.
  const oneSided = await load(guards.slice(0, 1), { perSecond: 60, forMs: 3000, tokenIds: ["hot"] });
  const rate = admitted(oneSided).length / 3;
  assert.ok(rate >= 20 * 0.85 && rate <= 20 * 1.3, `${rate} per second on one`);
});

/** Breaks Redis under 20 calls per second, which the local share can serve; repairs it; times what follows. */
async function breakRedis(
  fault: () => Promise<void> | void,
  repair: () => Promise<void> | void,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const { guard, changes } = await startShared(stack);
  await sleep(300);
  assert.equal(guard.mode, "shared");
  const calls = load([guard], { perSecond: 20, forMs: 3500, tokenIds });
  await sleep(500);
  await fault();
  await until(() => changes.some(({ mode }) => mode === "local-share"), 1500, "the local share");
  await sleep(700);
  await repair();
  await until(() => guard.mode === "shared", 5000, "Redis again");
  const results = await calls;
  assert.equal(admitted(results).length, results.length, "every call is admitted");
  assert.ok(longestWaitMs(results) <= addedMs + slackMs, `${longestWaitMs(results)} ms`);
  assert.ok(changes.every(({ reason }) => reason.length > 0));
}

test("a frozen Redis costs 100 ms at most, once", async () => {
  await breakRedis(
    () => void redis.process.kill("SIGSTOP"),
    () => void redis.process.kill("SIGCONT"),
  );
});

test("a killed Redis costs 100 ms at most, and the one that replaces it, empty, is used", async () => {
  const port = Number(new URL(redis.url).port);
  await breakRedis(
    () => redis.stop(),
    async () => {
      redis = await startRedis(port);
    },
  );
});

test("an emptied Redis is in use again within 5 seconds", async () => {
  await using stack = new AsyncDisposableStack();
  const { guard, changes } = await startShared(stack);
  const admin = new Redis(redis.url);
  stack.defer(() => admin.disconnect());
  const calls = load([guard], { perSecond: 20, forMs: 2500, tokenIds });
  await sleep(600);
  await admin.flushall();
  await sleep(1200);
  assert.equal(guard.mode, "shared", changes.map(({ reason }) => reason).join(", "));
  assert.ok((await admin.keys("b_statut-guard-service*")).length > 0);
  const results = await calls;
  assert.equal(admitted(results).length, results.length);
  assert.ok(longestWaitMs(results) <= addedMs + slackMs, `${longestWaitMs(results)} ms`);
});

test("without Redis the guard starts, keeps to its part of the limit, and joins when Redis comes", async () => {
  await using stack = new AsyncDisposableStack();
  const port = Number(new URL(redis.url).port);
  await redis.stop();
  const { guard, changes } = await startShared(stack);
  assert.equal(guard.mode, "local-share");
  assert.equal(changes[0]?.mode, "local-share");
  const results = await load([guard], { perSecond: 120, forMs: 2000, tokenIds });
  const passed = admitted(results).map(({ endMs }) => endMs);
  assert.ok(mostInAnySecond(passed) <= 26, `${mostInAnySecond(passed)} in a second`);
  assert.ok(passed.length >= 45);
  redis = await startRedis(port);
  await until(() => guard.mode === "shared", 5000, "Redis");
});

test("the clock set back an hour: back on Redis within 5 seconds", async () => {
  await using stack = new AsyncDisposableStack();
  const { guard } = await startShared(stack);
  const realNow = Date.now;
  stack.defer(() => {
    Date.now = realNow;
  });
  for (const shiftMs of [3_600_000, 0]) {
    const calls = load([guard], { perSecond: 20, forMs: 1500, tokenIds });
    await sleep(300);
    Date.now = () => realNow() + shiftMs;
    const results = await calls;
    assert.equal(admitted(results).length, results.length, `shift ${shiftMs}`);
    assert.ok(longestWaitMs(results) <= addedMs + slackMs, `${longestWaitMs(results)} ms, shift ${shiftMs}`);
    await until(() => guard.mode === "shared", 5000, "Redis again");
  }
});
