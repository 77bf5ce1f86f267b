import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import type { ModeChange } from "../../src/guard/authority.ts";
import type { Guard } from "../../src/guard/guard.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { measuredTest } from "../support/measured-test.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import {
  admitted,
  assertAdmitted,
  type CallResult,
  load,
  longestWaitMs,
  machineLagMs,
  startGuard,
  until,
} from "./load.ts";
import { mostInAnySecond } from "./simulation.ts";

const tokenIds = Array.from({ length: 8 }, (_, index) => `token-${index}`);
/** Far from the seconds that it takes: it catches what hangs. */
const hangMs = 30_000;
/** Asserts that a Redis that fails added 100 ms at most, apart from what a busy machine added. */
function assertQuick(results: readonly CallResult[]): void {
  const longestMs = longestWaitMs(results);
  assert.ok(longestMs <= 120 + machineLagMs(), `${longestMs} ms, of which the machine ${machineLagMs()} ms`);
}

interface SharedGuard {
  readonly guard: Guard;
  readonly changes: ModeChange[];
}

async function startShared(stack: AsyncDisposableStack, redisUrl: string): Promise<SharedGuard> {
  const changes: ModeChange[] = [];
  const guard = await startGuard({
    redisUrl,
    instances: 2,
    onModeChange: (change) => changes.push(change),
  });
  stack.defer(() => guard.close());
  return { guard, changes };
}

async function startOwnRedis(stack: AsyncDisposableStack, port?: number): Promise<RedisServer> {
  const redis = await startRedis(port);
  stack.defer(() => redis.stop());
  return redis;
}

/** Breaks Redis under 20 calls per second, which the local share can serve; repairs it; times what follows. */
async function breakRedis(
  fault: (redis: RedisServer) => unknown,
  repair: (redis: RedisServer, stack: AsyncDisposableStack) => unknown,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const redis = await startOwnRedis(stack);
  const { guard, changes } = await startShared(stack, redis.url);
  await until(() => guard.mode === "shared", hangMs, "Redis at first");
  // Only a guard that is asked notices.
  let isOver = false;
  const calls = load([guard], { perSecond: 20, forMs: 2600, tokenIds, isCalm: true, mayEnd: () => isOver });
  try {
    await sleep(300);
    await fault(redis);
    await until(() => guard.mode === "local-share", hangMs, "the local share");
    await sleep(400);
    await repair(redis, stack);
    await until(() => guard.mode === "shared", hangMs, "Redis again");
  } finally {
    isOver = true;
    redis.process.kill("SIGCONT");
  }
  const results = await calls;
  assertAdmitted(results);
  assertQuick(results);
  assert.ok(changes.every(({ reason }) => reason.length > 0));
}

/** Passes bytes on to Redis, each way after a delay that can be changed. */
async function startSlowRoad(stack: AsyncDisposableStack): Promise<{ url: string; delayMs: number }> {
  const { hostname, port } = new URL((await startOwnRedis(stack)).url);
  const pass = (from: Socket, to: Socket) => {
    from.on("data", (bytes) => setTimeout(() => to.destroyed || to.write(bytes), road.delayMs));
    from.on("close", () => to.destroy());
    from.on("error", () => to.destroy());
  };
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stack.defer(() => void server.close());
  const road = { url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`, delayMs: 0 };
  return road;
}

// Each has a Redis of its own.
describe("a Redis that fails", { concurrency: true }, () => {
  measuredTest("a frozen Redis costs 100 ms at most, once", async () => {
    await breakRedis(
      (redis) => redis.process.kill("SIGSTOP"),
      (redis) => redis.process.kill("SIGCONT"),
    );
  });

  measuredTest(
    "a killed Redis costs 100 ms at most, and the one that replaces it, empty, is used",
    async () => {
      await breakRedis(
        (redis) => redis.stop(),
        (redis, stack) => startOwnRedis(stack, Number(new URL(redis.url).port)),
      );
    },
  );

  measuredTest("an emptied Redis is in use again by itself", async () => {
    await using stack = new AsyncDisposableStack();
    const redis = await startOwnRedis(stack);
    const { guard, changes } = await startShared(stack, redis.url);
    const admin = new Redis(redis.url);
    stack.defer(() => admin.disconnect());
    const calls = load([guard], { perSecond: 20, forMs: 1800, tokenIds, isCalm: true });
    await sleep(300);
    await admin.flushall();
    await sleep(1200);
    const reasons = () => changes.map(({ reason }) => reason).join(", ");
    await until(() => guard.mode === "shared", hangMs, `Redis again: ${reasons()}`);
    await eventually(async () => (await admin.keys("b_statut-guard-service*")).length > 0);
    const results = await calls;
    assertAdmitted(results);
    assertQuick(results);
  });

  measuredTest("a slow Redis costs 100 ms at most, and is used again when it is quick", async () => {
    await using stack = new AsyncDisposableStack();
    const road = await startSlowRoad(stack);
    const { guard } = await startShared(stack, road.url);
    await until(() => guard.mode === "shared", hangMs, "Redis at first");
    let isOver = false;
    const calls = load([guard], { perSecond: 20, forMs: 2600, tokenIds, isCalm: true, mayEnd: () => isOver });
    try {
      await sleep(300);
      road.delayMs = 150;
      await until(() => guard.mode === "local-share", hangMs, "the local share");
      await sleep(400);
      road.delayMs = 0;
      await until(() => guard.mode === "shared", hangMs, "Redis again");
    } finally {
      isOver = true;
    }
    const results = await calls;
    assertAdmitted(results);
    assertQuick(results);
  });

  test("a process that closed its guard ends by itself", async () => {
    await using stack = new AsyncDisposableStack();
    const redis = await startOwnRedis(stack);
    const program = `
      import { call, startGuard } from ${JSON.stringify(new URL("./load.ts", import.meta.url).href)};
      const guards = [await startGuard(), await startGuard({ redisUrl: ${JSON.stringify(redis.url)}, instances: 2 })];
      for (const guard of guards) await Promise.all(Array.from({ length: 30 }, () => call(guard, "token")));
      await Promise.all(guards.map((guard) => guard.close()));
      console.log("closed");
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", program],
      {
        timeout: 90_000,
      },
    );
    assert.equal(stdout.trim(), "closed");
  });

  measuredTest(
    "without Redis the guard starts, keeps to its part of the limit, and joins when Redis comes",
    async () => {
      await using stack = new AsyncDisposableStack();
      const port = await freePort();
      const { guard, changes } = await startShared(stack, `redis://127.0.0.1:${port}`);
      assert.equal(guard.mode, "local-share");
      assert.equal(changes[0]?.mode, "local-share");
      const results = await load([guard], { perSecond: 120, forMs: 2000, tokenIds });
      const passed = admitted(results).map(({ endMs }) => endMs);
      assert.ok(mostInAnySecond(passed) <= 30, `${mostInAnySecond(passed)} in a second`);
      assert.ok(passed.length >= 25);
      await startOwnRedis(stack, port);
      await until(() => guard.mode === "shared", hangMs, "Redis");
    },
  );
});

// Alone: it sets the clock of the whole process.
measuredTest("the clock set back an hour: back on Redis by itself", async () => {
  await using stack = new AsyncDisposableStack();
  const { guard } = await startShared(stack, (await startOwnRedis(stack)).url);
  const realNow = Date.now;
  stack.defer(() => {
    Date.now = realNow;
  });
  for (const shiftMs of [3_600_000, 0]) {
    const calls = load([guard], { perSecond: 20, forMs: 1500, tokenIds, isCalm: true });
    await sleep(300);
    Date.now = () => realNow() + shiftMs;
    const results = await calls;
    assertAdmitted(results, `shift ${shiftMs}:`);
    assertQuick(results);
    await until(() => guard.mode === "shared", hangMs, "Redis again");
  }
});
