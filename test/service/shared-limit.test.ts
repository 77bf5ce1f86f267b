// Two instances share 50 calls a second over a real Redis, and do without it when it dies.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { answered, latencies, sendEvenly, type TimedAnswer } from "../support/even-load.ts";
import { measuredTest } from "../support/measured-test.ts";
import { startRedis } from "../support/redis.ts";
import { startService } from "../support/service.ts";
import { assertWhole, bearer, lookupRoute } from "../support/whole-service.ts";

const limit = 50;
const flood = { perSecond: 120, forMs: 3000 };

/** From the first call to the last answer. */
function secondsOf(answers: readonly TimedAnswer[]): number {
  const ends = answers.map(({ endedAt }) => endedAt);
  return (Math.max(...ends) - Math.min(...answers.map(({ startedAt }) => startedAt))) / 1000;
}

measuredTest("two instances over Redis: 50 a second in total, also when Redis dies", async (context) => {
  const redis = await startRedis();
  try {
    const environment = { REDIS_URL: redis.url, INSTANCES: "2", ADMISSION_WINDOW: "all" };
    // The second instance writes a chain of its own into the same journal.
    await using first = await startService({ environment });
    await using second = await startService({
      environment,
      dataDir: first.dataDir,
      demonstration: false,
    });
    // The full limit applies once a second was counted together.
    await pause(1200);
    const urls = [first.origin + lookupRoute, second.origin + lookupRoute];
    const headers = bearer(first.token);

    const shared = await sendEvenly(urls, headers, flood);
    const perSecond = answered(shared).length / secondsOf(shared);
    context.diagnostic(`shared: ${perSecond.toFixed(1)} answers a second`);
    // The first second may also spend what nobody used before it. A machine that stalls answers less.
    assert.ok(answered(shared).length <= limit * (secondsOf(shared) + 1), `${perSecond}/s`);
    assert.ok(answered(shared).length >= limit * (flood.forMs / 1000) * 0.5, `${perSecond}/s`);

    await pause(1000);
    const calmLoad = { perSecond: 10, forMs: 1500, isCalm: true } as const;
    const usual = latencies(await sendEvenly(urls, headers, calmLoad));
    redis.process.kill("SIGKILL");
    const alone = await sendEvenly(urls, headers, calmLoad);
    const statuses = alone.map(({ status }) => status);
    assert.deepEqual(statuses, Array(alone.length).fill(200), "all are answered");
    const median = (sorted: number[]) => sorted[Math.floor(sorted.length / 2)] ?? 0;
    const slowestMs = latencies(alone).at(-1) ?? 0;
    context.diagnostic(
      `median ${median(usual).toFixed(0)} ms, slowest without Redis ${slowestMs.toFixed(0)} ms`,
    );
    // Nobody waits for a Redis that is gone; by how much: see the guard's own tests.
    assert.ok(slowestMs < (usual.at(-1) ?? 0) + 5000, `${slowestMs} ms`);
    for (const instance of [first, second]) {
      assert.equal((await fetch(`${instance.origin}/readyz`)).status, 200);
      assert.match(
        instance.log(),
        /"mode":"local-share"[^\n]*guard mode|guard mode[^\n]*"mode":"local-share"/,
      );
    }
    const local = await sendEvenly(urls, headers, { ...flood, forMs: 2000 });
    assert.ok(answered(local).length >= limit, `${answered(local).length} answers by local shares`);
    assert.ok(
      answered(local).length <= limit * (secondsOf(local) + 1),
      `${answered(local).length} answers by local shares`,
    );
    await assertWhole(first);
    await assertWhole(second);
  } finally {
    await redis.stop();
  }
});
