import assert from "node:assert/strict";
import { describe } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ModeChange } from "../../src/guard/authority.ts";
import type { Guard } from "../../src/guard/guard.ts";
import { measuredTest } from "../support/measured-test.ts";
import { startRedis } from "../support/redis.ts";
import { admitted, load, machineStalls, startGuard } from "./load.ts";
import { mostInAnySecond } from "./simulation.ts";

const tokenIds = Array.from({ length: 8 }, (_, index) => `token-${index}`);

/** What a busy machine takes from now on: the share of a time that is left, and how often it took some. */
function sinceNow() {
  const start = machineStalls();
  return {
    shareLeft: (ms: number) => Math.max(0, 1 - (machineStalls().lostMs - start.lostMs) / ms),
    stalls: () => machineStalls().count - start.count,
  };
}

/** Two instances over a Redis of their own. */
async function startPair(stack: AsyncDisposableStack, changes: ModeChange[] = []): Promise<Guard[]> {
  const redis = await startRedis();
  stack.defer(() => redis.stop());
  const options = {
    redisUrl: redis.url,
    instances: 2,
    onModeChange: (change: ModeChange) => changes.push(change),
  };
  const guards = await Promise.all([startGuard(options), startGuard(options)]);
  stack.defer(async () => void (await Promise.all(guards.map((guard) => guard.close()))));
  return guards;
}

describe("instances over one Redis", { concurrency: true }, () => {
  measuredTest("two instances offered 120 calls per second let 50 through", async () => {
    await using stack = new AsyncDisposableStack();
    const changes: ModeChange[] = [];
    const guards = await startPair(stack, changes);
    await sleep(1050);
    const before = sinceNow();
    const startMs = performance.now();
    const results = await load(guards, { perSecond: 120, forMs: 4000, tokenIds });
    const passed = admitted(results).map(({ endMs }) => endMs - startMs);
    const settled = passed.filter((atMs) => atMs >= 1000 && atMs < 4000).length / 3;
    const [least, most] = [50 * 0.95 * before.shareLeft(3000), 50 * 1.05 * (2 - before.shareLeft(3000))];
    assert.ok(settled >= least && settled <= most, `${settled} per second, of ${least} to ${most}`);
    assert.ok(mostInAnySecond(passed) <= 55, `${mostInAnySecond(passed)} in a second`);
    // Redis answers late only to a process that the machine kept from asking: each guard may notice each time.
    const shared = changes.filter(({ mode }) => mode === "shared").length;
    const reasons = changes.map(({ reason }) => reason).join(", ");
    assert.ok(shared >= 2, reasons);
    assert.ok(changes.length - shared <= 2 * (before.stalls() + 1), reasons);
  });

  measuredTest("a token's rate holds over two instances", async () => {
    await using stack = new AsyncDisposableStack();
    const guards = await startPair(stack);
    await sleep(1050);
    const before = sinceNow();
    const startMs = performance.now();
    const results = await load(guards, { perSecond: 100, forMs: 3000, tokenIds: ["hot"] });
    const passed = admitted(results).map(({ endMs }) => endMs - startMs);
    const settled = passed.filter((atMs) => atMs >= 1000 && atMs < 3000).length / 2;
    assert.ok(settled >= 20 * 0.9 * before.shareLeft(2000) && settled <= 20 * 1.1, `${settled} per second`);
    assert.ok(results.some(({ refused }) => refused === "rate_limited"));
    // The lop-sided case: all its calls on one instance.
    const beforeOneSided = sinceNow();
    const oneSided = await load(guards.slice(0, 1), { perSecond: 60, forMs: 2000, tokenIds: ["hot"] });
    const rate = admitted(oneSided).length / 2;
    assert.ok(
      rate >= 20 * 0.85 * beforeOneSided.shareLeft(2000) && rate <= 20 * 1.3,
      `${rate} per second on one`,
    );
  });
});
