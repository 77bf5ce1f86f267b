import assert from "node:assert/strict";
import { test } from "node:test";
import { createLineBudget } from "../../src/access/line-budget.ts";
import { settableClock } from "./sample-access.ts";

const few = { address: { burst: 100, perSecond: 1 }, everybody: { burst: 1000, perSecond: 10 } };

/** How many of some requests of an address get a line. */
function linesOf(budget: ReturnType<typeof createLineBudget>, address: string, requests: number): number {
  let lines = 0;
  for (let count = 0; count < requests; count += 1) if (budget.spend(address) === undefined) lines += 1;
  return lines;
}

test("an address has its lines at once, then one each second, and at most its burst after any rest", () => {
  const clock = settableClock();
  const budget = createLineBudget(clock, few);
  assert.equal(linesOf(budget, "192.0.2.1", 5000), 100);
  assert.deepEqual(budget.spend("192.0.2.1"), { whose: "address", retryAfterMs: 1000 });
  clock.elapsed += 999;
  assert.equal(linesOf(budget, "192.0.2.1", 10), 0);
  clock.elapsed += 1;
  assert.equal(linesOf(budget, "192.0.2.1", 10), 1);
  for (let second = 0; second < 60; second += 1) {
    clock.elapsed += 1000;
    assert.equal(linesOf(budget, "192.0.2.1", 500), 1);
  }
  clock.elapsed += 86_400_000;
  assert.equal(linesOf(budget, "192.0.2.1", 5000), 100);
});

test("what another address, or another IPv6 network of 64 bits, has used up is its own", () => {
  const budget = createLineBudget(settableClock(), few);
  assert.equal(linesOf(budget, "192.0.2.1", 200), 100);
  assert.equal(linesOf(budget, "192.0.2.2", 200), 100);
  assert.equal(linesOf(budget, "2001:db8:0:1::1", 60), 60);
  assert.equal(linesOf(budget, "2001:db8:0:1:ffff::2", 200), 40);
  assert.equal(linesOf(budget, "2001:db8:0:2::1", 200), 100);
});

test("all addresses together have their own end, which takes nothing of an address that gets no line", () => {
  const clock = settableClock();
  const budget = createLineBudget(clock, few);
  for (let address = 0; address < 10; address += 1)
    assert.equal(linesOf(budget, `10.0.0.${address}`, 200), 100);
  const spent = budget.spend("192.0.2.1");
  assert.deepEqual(spent, { whose: "everybody", retryAfterMs: 100 });
  assert.equal(linesOf(budget, "192.0.2.1", 500), 0);
  clock.elapsed += 10_000;
  assert.equal(linesOf(budget, "192.0.2.1", 500), 100, "its own hundred, of those that all have again");
  assert.equal(linesOf(budget, "10.0.0.1", 500), 0, "all have none left");
});

test("however many addresses there are, forgotten ones included, all together hold", () => {
  const budget = createLineBudget(settableClock(), few);
  let lines = 0;
  for (let round = 0; round < 3; round += 1) {
    for (let host = 0; host < 12_000; host += 1)
      lines += linesOf(budget, `10.1.${host >> 8}.${host & 255}`, 1);
  }
  assert.equal(lines, 1000);
});
