// Two processes over one Redis, offered 120 calls per second together for a minute: 50 per second must pass, within
// 3 %. Run by hand: `node test/guard/long/two-instances.ts [seconds]`. Exits 1 when the promise is broken.
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { startRedis } from "../../support/redis.ts";
import { admitted, load, startGuard } from "../load.ts";
import { mostInAnySecond } from "../simulation.ts";

const [, , first = "60", redisUrl] = process.argv;
const seconds = Number(first);
await (redisUrl === undefined ? measure() : offer(redisUrl));

/** One instance: prints the instants of the calls that passed, in milliseconds since 1970. */
async function offer(url: string): Promise<void> {
  const guard = await startGuard({ redisUrl: url, instances: 2 });
  await sleep(2000 - (Date.now() % 1000));
  const tokenIds = Array.from({ length: 8 }, (_, index) => `token-${index}`);
  const results = await load([guard], { perSecond: 60, forMs: (seconds + 1) * 1000, tokenIds });
  console.log(JSON.stringify(admitted(results).map(({ endMs }) => performance.timeOrigin + endMs)));
  await guard.close();
}

async function measure(): Promise<void> {
  const redis = await startRedis();
  try {
    const instants = await Promise.all([runInstance(redis.url), runInstance(redis.url)]);
    const all = instants.flat().sort((one, other) => one - other);
    // The first second may hold a burst that was saved up.
    const fromMs = (all[0] as number) + 1000;
    const passed = all.filter((atMs) => atMs >= fromMs && atMs < fromMs + seconds * 1000);
    const expected = 50 * seconds;
    console.log(
      `passed ${passed.length} of ${expected} expected; most in any second ${mostInAnySecond(all)}`,
    );
    if (Math.abs(passed.length - expected) > expected * 0.03) process.exitCode = 1;
  } finally {
    await redis.stop();
  }
}

async function runInstance(url: string): Promise<number[]> {
  const file = new URL(import.meta.url).pathname;
  const child = spawn(process.execPath, [file, String(seconds), url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(await text(child.stdout)) as number[];
}
