import assert from "node:assert/strict";
import { test } from "node:test";
import { type Arrival, mostInAnySecond, type Outcome, seededRandom, simulate, steady } from "./simulation.ts";

const service = { callsPerSecond: 50, maxWaitMs: 250, latenessMs: 1 };

function admittedOf(outcomes: readonly Outcome[], tokenId?: string): number[] {
  return outcomes
    .filter((outcome) => tokenId === undefined || outcome.tokenId === tokenId)
    .flatMap(({ admittedMs }) => (admittedMs === undefined ? [] : [admittedMs]));
}

function longestWaitMs(outcomes: readonly Outcome[], tokenId: string): number {
  const own = outcomes.filter((outcome) => outcome.tokenId === tokenId);
  return Math.max(...own.map(({ admittedMs = Number.POSITIVE_INFINITY, atMs }) => admittedMs - atMs));
}

function randomArrivals(seed: number, untilMs: number): Arrival[] {
  const random = seededRandom(seed);
  const tokens = 1 + Math.floor(random() * 12);
  return Array.from({ length: tokens }, (_, index) => {
    const rate = 1 + Math.floor(random() * 40);
    const arrivals: Arrival[] = [];
    for (let atMs = random() * 1000; atMs < untilMs; atMs += -Math.log(1 - random()) * (1000 / (rate * 2))) {
      const calls = random() < 0.05 ? Math.floor(random() * 30) : 1;
      for (let call = 0; call < calls; call += 1) {
        arrivals.push({ tokenId: `token-${index}`, atMs, callsPerSecond: rate });
      }
    }
    return arrivals;
  }).flat();
}

test("random loads: no second exceeds the service's rate nor a token's, every call has one outcome in time", () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    const outcomes = simulate(service, randomArrivals(seed, 6000));
    assert.ok(mostInAnySecond(admittedOf(outcomes)) <= 50, `seed ${seed}`);
    for (const { tokenId, callsPerSecond } of new Map(outcomes.map((one) => [one.tokenId, one])).values()) {
      assert.ok(mostInAnySecond(admittedOf(outcomes, tokenId)) <= callsPerSecond, `seed ${seed}, ${tokenId}`);
    }
    for (const outcome of outcomes) {
      const { atMs, admittedMs, refused } = outcome;
      assert.ok((admittedMs === undefined) !== (refused === undefined), `seed ${seed}: one outcome`);
      assert.ok((admittedMs ?? refused?.atMs ?? Number.NaN) - atMs <= 252, `seed ${seed}: bounded wait`);
      assert.ok(refused === undefined || refused.retryAfterMs > 0, `seed ${seed}: a delay to retry`);
    }
  }
});

test("a call refused in the instant of its token's burst is told one second, whatever the instant", () => {
  const random = seededRandom(7);
  for (let run = 0; run < 500; run += 1) {
    const atMs = (random() * 1e7) / 3;
    const burst = Array.from({ length: 12 }, () => ({ tokenId: "one", atMs, callsPerSecond: 4 }));
    const told = simulate(service, burst).flatMap(({ refused }) => refused?.retryAfterMs ?? []);
    assert.ok(told.length > 0);
    assert.deepEqual(new Set(told), new Set([1000]), `at ${atMs}`);
  }
});

test("50 calls pass at once, the 51st is refused, and waiting what it is told lets one pass", () => {
  const burst = (count: number, atMs: number) =>
    Array.from({ length: count }, (_, index) => ({
      tokenId: `token-${index % 5}`,
      atMs,
      callsPerSecond: 20,
    }));
  const first = simulate(service, burst(51, 10.3));
  assert.equal(admittedOf(first).length, 50);
  const refused = first.find((outcome) => outcome.refused !== undefined)?.refused;
  assert.equal(refused?.by, "service");
  assert.equal(refused?.retryAfterMs, 1000);
  const early = simulate(service, [...burst(50, 10.3), ...burst(1, 10.3 + 700)]);
  assert.equal(admittedOf(early).length, 50);
  const inTime = simulate(service, [...burst(50, 10.3), ...burst(1, 10.3 + 1000)]);
  assert.deepEqual(admittedOf(inTime).slice(50), [1010.3]);
});

test("a token's 21st call in a second is refused for the token's rate while others pass", () => {
  const flood = Array.from({ length: 30 }, () => ({ tokenId: "flood", atMs: 5, callsPerSecond: 20 }));
  const outcomes = simulate(service, [...flood, { tokenId: "other", atMs: 6, callsPerSecond: 20 }]);
  assert.equal(admittedOf(outcomes, "flood").length, 20);
  assert.deepEqual(admittedOf(outcomes, "other"), [6]);
  const refused = outcomes.filter((outcome) => outcome.refused !== undefined);
  assert.ok(
    refused.every((outcome) => outcome.refused?.by === "token" && outcome.refused.retryAfterMs === 1000),
  );
});

test("one flood: a token with 5 calls per second never waits", () => {
  const load = [
    ...steady("flood", 2000, { untilMs: 8000 }),
    ...steady("calm", 5, { fromMs: 33, untilMs: 8000 }),
  ];
  assert.equal(longestWaitMs(simulate(service, load), "calm"), 0);
});

test("ten floods: a token with 4 calls per second gets every call after at most 45 ms", () => {
  const random = seededRandom(11);
  const floods = Array.from({ length: 10 }, (_, index) =>
    steady(`flood-${index}`, 200, { fromMs: 2000, untilMs: 10_000, jitter: random }),
  );
  const calm = steady("calm", 4, { fromMs: 133, untilMs: 10_000, jitter: () => random() / 4 });
  const outcomes = simulate(service, [...floods.flat(), ...calm]);
  // The floods' first burst fills one second; then the calm token has its place again.
  const settled = outcomes.filter(({ atMs }) => atMs > 3000);
  assert.ok(longestWaitMs(settled, "calm") <= 45, `${longestWaitMs(settled, "calm")} ms`);
  const others = settled.filter(({ tokenId }) => tokenId !== "calm");
  assert.ok(admittedOf(others).length >= 7 * 45 - 10, `${admittedOf(others).length} calls of the floods`);
});

test("floods in bursts leave the place of a token that calls 5 times per second", () => {
  const bursts: Arrival[] = [];
  for (let atMs = 2010; atMs < 10_000; atMs += 1000) {
    for (let call = 0; call < 90; call += 1) {
      bursts.push({ tokenId: `flood-${call % 3}`, atMs: atMs + call / 100, callsPerSecond: 30 });
    }
  }
  const outcomes = simulate(service, [...bursts, ...steady("calm", 5, { fromMs: 50, untilMs: 10_000 })]);
  assert.ok(longestWaitMs(outcomes, "calm") <= 60, `${longestWaitMs(outcomes, "calm")} ms`);
});

test("equal floods get equal parts, and together the whole rate", () => {
  const random = seededRandom(3);
  const load = Array.from({ length: 5 }, (_, index) =>
    steady(`flood-${index}`, 100, { untilMs: 11_000, jitter: random }),
  ).flat();
  const outcomes = simulate(service, load).filter(({ admittedMs = 0 }) => admittedMs >= 1000);
  const parts = Array.from({ length: 5 }, (_, index) => admittedOf(outcomes, `flood-${index}`).length);
  const total = parts.reduce((sum, part) => sum + part, 0);
  assert.ok(total >= 495, `${total} in ten seconds`);
  assert.ok(Math.max(...parts) - Math.min(...parts) <= 8, parts.join(", "));
});

test("the queue is bounded: a flood holds no more places than it can be given in time", () => {
  const flood = steady("flood", 5000, { untilMs: 3000, rate: 50 });
  const outcomes = simulate(service, flood);
  const waited = outcomes.filter(
    ({ admittedMs, refused, atMs }) => (admittedMs ?? refused?.atMs ?? 0) > atMs,
  );
  const atOnce = waited.map((one) =>
    waited.filter(
      (other) => other.atMs <= one.atMs && (other.admittedMs ?? other.refused?.atMs ?? 0) > one.atMs,
    ),
  );
  assert.ok(Math.max(...atOnce.map(({ length }) => length)) <= 14);
});
