import assert from "node:assert/strict";
import { test } from "node:test";
import { createAddressLimiter, defaultAddressLimit } from "../../src/access/address-limiter.ts";
import { spendOne } from "../../src/access/key-limiter.ts";
import { ServiceError } from "../../src/errors.ts";
import { settableClock } from "./sample-access.ts";

function refused(run: () => void): number | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ServiceError);
    assert.equal(error.id, "address_limited");
    return error.options.retryAfterMs;
  }
}

/** A reproducible source of numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("50 refusals pass at once, the 51st is limited, and waiting exactly what it says lets one pass", () => {
  const clock = settableClock();
  const limiter = createAddressLimiter(clock);
  for (let index = 0; index < 50; index += 1) limiter.countRefusal("192.0.2.1");
  const retryAfterMs = refused(() => limiter.countRefusal("192.0.2.1"));
  assert.equal(retryAfterMs, 100);
  clock.elapsed += 99;
  assert.ok(refused(() => limiter.countRefusal("192.0.2.1")));
  clock.elapsed += 1;
  limiter.countRefusal("192.0.2.1");
  assert.ok(refused(() => limiter.countRefusal("192.0.2.1")));
  limiter.countRefusal("192.0.2.2");
});

test("whatever the rhythm, no span of time holds more than the burst and the refill", () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = randomFrom(seed);
    const limit = {
      burst: 1 + Math.floor(random() * 60),
      perSecond: 1 + Math.floor(random() * 30),
      maxKeys: 1,
    };
    const passed: number[] = [];
    let fullAt = 0;
    let now = 0;
    for (let step = 0; step < 500; step += 1) {
      now += random() < 0.7 ? 0 : random() * 400;
      const spent = spendOne(fullAt, now, limit);
      assert.ok(spent.retryAfterMs >= 0 && spent.retryAfterMs <= 1000 / limit.perSecond + 1e-6);
      if (spent.retryAfterMs === 0) passed.push(now);
      else assert.equal(spent.fullAt, fullAt, "what is refused takes nothing");
      fullAt = spent.fullAt;
    }
    passed.forEach((from, first) => {
      passed.slice(first).forEach((to, count) => {
        assert.ok(count + 1 <= limit.burst + ((to - from) / 1000) * limit.perSecond + 1e-6);
      });
    });
  }
});

test("a limited address that waits is served again in full", () => {
  const limit = defaultAddressLimit;
  let fullAt = 0;
  for (let index = 0; index < 1000; index += 1) fullAt = spendOne(fullAt, 0, limit).fullAt;
  assert.equal(fullAt, 5000, "at most a burst is owed, however many were refused");
});

test("the memory is bounded and forgets the address that was quiet longest", () => {
  const limiter = createAddressLimiter(settableClock(), { burst: 2, perSecond: 1, maxKeys: 100 });
  const exhaust = (address: string) => {
    for (let index = 0; index < 3; index += 1) refused(() => limiter.countRefusal(address));
  };
  exhaust("192.0.2.1");
  for (let index = 0; index < 5000; index += 1) {
    refused(() => limiter.countRefusal(`10.0.${index >> 8}.${index & 255}`));
    if (index % 50 === 0) {
      assert.ok(
        refused(() => limiter.countRefusal("192.0.2.1")),
        "an address that goes on stays known",
      );
    }
  }
  assert.equal(limiter.size, 100);
});

test("IPv6 addresses of one /64 count as one, and mapped IPv4 as IPv4", () => {
  const limiter = createAddressLimiter(settableClock());
  for (let index = 0; index < 50; index += 1) limiter.countRefusal(`2001:db8:1:2::${index.toString(16)}`);
  assert.ok(refused(() => limiter.countRefusal("2001:db8:1:2:ffff::1")));
  limiter.countRefusal("2001:db8:1:3::1");
  for (let index = 0; index < 50; index += 1) limiter.countRefusal("192.0.2.1");
  assert.ok(refused(() => limiter.countRefusal("::ffff:192.0.2.1")));
});
