import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Guard } from "../../src/guard/guard.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { admitted, load, startGuard } from "./load.ts";
import { mostInAnySecond } from "./simulation.ts";

let redis: RedisServer;
before(async () => {
  redis = await startRedis();
});
after(() => redis.stop());

const tokenIds = Array.from({ length: 8 }, (_, index) => `token-${index}`);

async function startShared(stack: AsyncDisposableStack): Promise<Guard> {
  const guard = await startGuard({ redisUrl: redis.url, instances: 2 });
  stack.defer(() => guard.close());
  return guard;
}

test("two instances offered 120 calls per second let 50 through", async () => {
  await using stack = new AsyncDisposableStack();
  const guards = [await startShared(stack), await startShared(stack)];
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
  const guards = [await startShared(stack), await startShared(stack)];
  await sleep(1050);
  const startMs = performance.now();
  const results = await load(guards, { perSecond: 100, forMs: 3000, tokenIds: ["hot"] });
  const passed = admitted(results).map(({ endMs }) => endMs - startMs);
  const settled = passed.filter((atMs) => atMs >= 1000 && atMs < 3000).length / 2;
  assert.ok(settled >= 20 * 0.9 && settled <= 20 * 1.1, `${settled} per second`);
  assert.ok(results.some(({ refused }) => refused === "rate_limited"));
  // The lop-sided case: all its calls on one instance.
  const oneSided = await load(guards.slice(0, 1), { perSecond: 60, forMs: 2500, tokenIds: ["hot"] });
  const rate = admitted(oneSided).length / 2.5;
  assert.ok(rate >= 20 * 0.85 && rate <= 20 * 1.3, `${rate} per second on one`);
});
