import assert from "node:assert/strict";
import { test } from "node:test";
import { createSlidingWindow, exactLimit } from "../../src/guard/sliding-window.ts";
import { mostInAnySecond, seededRandom } from "./simulation.ts";

test("a window counts the calls of the last second, like a list of them", () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = seededRandom(seed);
    const window = createSlidingWindow(100);
    const list: number[] = [];
    let nowMs = random() * 10;
    for (let step = 0; step < 2000; step += 1) {
      nowMs += random() < 0.02 ? random() * 1500 : random() * 15;
      const counted = list.filter((atMs) => atMs + 1000 > nowMs);
      assert.equal(window.count(nowMs), counted.length, `seed ${seed}, step ${step}`);
      const limit = 1 + Math.floor(random() * 100);
      const freeMs = counted.length < limit ? nowMs : (counted[counted.length - limit] as number) + 1000;
      assert.equal(window.freeAt(nowMs, limit), freeMs, `seed ${seed}, step ${step}`);
      if (random() < 0.8) {
        window.add(nowMs);
        list.push(nowMs);
      }
    }
  }
});

test("a window has room exactly at the instant that it announces, whatever the fractions", () => {
  const random = seededRandom(7);
  for (let step = 0; step < 10_000; step += 1) {
    const window = createSlidingWindow(1);
    const nowMs = random() * 1e9;
    window.add(nowMs);
    assert.equal(window.count(window.freeAt(nowMs, 1)), 0);
  }
});

test("a large window never lets more through in any second, and loses less than 0.5 %", () => {
  for (const limit of [exactLimit + 1, 20_000]) {
    const random = seededRandom(limit);
    const window = createSlidingWindow(limit);
    const admitted: number[] = [];
    for (let nowMs = 3.7; nowMs < 5003.7; nowMs += (random() * 1000) / limit) {
      if (window.count(nowMs) >= limit) continue;
      window.add(nowMs);
      admitted.push(nowMs);
    }
    assert.ok(mostInAnySecond(admitted) <= limit);
    assert.ok(admitted.length >= 5 * limit * 0.995, `${admitted.length} of ${5 * limit}`);
  }
});

test("a large window has room again at the instant that it announces", () => {
  const window = createSlidingWindow(5000);
  for (let nowMs = 0; nowMs < 500; nowMs += 0.1) window.add(nowMs);
  const freeMs = window.freeAt(500, 5000);
  assert.ok(window.count(freeMs - 0.01) >= 5000);
  assert.ok(window.count(freeMs) < 5000);
  assert.ok(freeMs > 1000 && freeMs < 1008);
});
