import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceError } from "../../src/errors.ts";
import { afterRefusal, writeRateLimit } from "../../src/request/rate-limit-headers.ts";
import type { ReplyHeaders } from "../../src/request/reply.ts";

const now = Date.parse("2026-11-26T12:00:00.400Z");
const clock = { now: () => now };
const noon = Date.parse("2026-11-26T12:00:00Z") / 1000;

function resetOf(resetMs: number, form: "delay" | "instant" | undefined): string {
  const headers: ReplyHeaders = {};
  writeRateLimit(headers, { limit: 20, remaining: 3, resetMs }, form, clock);
  assert.deepEqual([headers["ratelimit-limit"], headers["ratelimit-remaining"]], ["20", "3"]);
  return String(headers["ratelimit-reset"]);
}

test("the end of the period as a delay, in whole seconds", () => {
  for (const form of ["delay", undefined] as const) {
    assert.equal(resetOf(0, form), "0");
    assert.equal(resetOf(1, form), "1");
    assert.equal(resetOf(1000, form), "1");
    assert.equal(resetOf(1001, form), "2");
  }
});

test("the end of the period as an instant: the first whole second after it", () => {
  assert.equal(resetOf(0, "instant"), String(noon + 1));
  assert.equal(resetOf(599, "instant"), String(noon + 1));
  assert.equal(resetOf(600, "instant"), String(noon + 2));
  assert.equal(resetOf(1000, "instant"), String(noon + 2));
});

test("a client that waits until the instant in whole seconds waits a second at least, as it was told", () => {
  for (let late = 0; late < 1000; late += 1) {
    const headers: ReplyHeaders = {};
    const at = now + late;
    writeRateLimit(headers, { limit: 1, remaining: 0, resetMs: 1000 }, "instant", { now: () => at });
    assert.ok(Math.floor(Number(headers["ratelimit-reset"]) - at / 1000) >= 1, `${late} ms later`);
  }
});

test("a refused call has nothing left and is not told to come before Retry-After, even when its token is not to blame", () => {
  const unused = { limit: 20, remaining: 20, resetMs: 0 };
  const saturated = serviceError("service_saturated", { retryAfterMs: 300 });
  assert.deepEqual(afterRefusal(unused, saturated), { limit: 20, remaining: 0, resetMs: 1000 });
  const used = { limit: 20, remaining: 1, resetMs: 1800 };
  assert.deepEqual(afterRefusal(used, saturated), { limit: 20, remaining: 0, resetMs: 1800 });
  assert.deepEqual(afterRefusal(used, serviceError("shutting_down")), { ...used, remaining: 0 });
});
