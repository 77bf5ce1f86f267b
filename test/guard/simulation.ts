// Runs the arithmetic of the guard in virtual time: arrivals in, outcomes out, no timer.
import { Throughput } from "../../src/guard/throughput.ts";
import { unlimitedSupply } from "../../src/guard/token-share.ts";

export interface Arrival {
  readonly atMs: number;
  readonly tokenId: string;
  readonly callsPerSecond: number;
}

export interface Outcome extends Arrival {
  /** Instant of admission; absent when refused. */
  admittedMs?: number;
  refused?: { by: "token" | "service"; retryAfterMs: number; atMs: number };
}

export interface SimulationOptions {
  readonly callsPerSecond: number;
  readonly maxWaitMs: number;
  /** How late the timer fires. */
  readonly latenessMs?: number;
}

export function simulate(options: SimulationOptions, arrivals: readonly Arrival[]): Outcome[] {
  const throughput = new Throughput({ ...options, supply: unlimitedSupply });
  const outcomes: Outcome[] = [...arrivals].sort((one, other) => one.atMs - other.atMs);
  const late = options.latenessMs ?? 0;
  let pumpAtMs = Number.POSITIVE_INFINITY;
  let nowMs = 0;
  const pumpUntil = (untilMs: number) => {
    while (pumpAtMs + late <= untilMs) {
      nowMs = Math.max(nowMs, pumpAtMs + late);
      const again = throughput.pump(nowMs);
      pumpAtMs = Math.max(again, nowMs + 0.001);
    }
  };
  for (const outcome of outcomes) {
    pumpUntil(outcome.atMs);
    nowMs = Math.max(nowMs, outcome.atMs);
    const share = throughput.share(outcome.tokenId, outcome.callsPerSecond);
    if (throughput.take(share, nowMs)) {
      outcome.admittedMs = nowMs;
      continue;
    }
    const refuse = (refusal: { by: "token" | "service"; retryAfterMs: number }) => {
      outcome.refused = { ...refusal, atMs: nowMs };
    };
    const refusal = throughput.wait(
      {
        share,
        expiresMs: nowMs + options.maxWaitMs,
        release: (atMs) => {
          outcome.admittedMs = atMs;
        },
        refuse,
      },
      nowMs,
    );
    if (refusal !== undefined) refuse(refusal);
    pumpAtMs = throughput.pump(nowMs);
  }
  pumpUntil(nowMs + 2 * options.maxWaitMs + 1000);
  return outcomes;
}

/** Largest number of instants in any second. */
export function mostInAnySecond(instantsMs: readonly number[]): number {
  const sorted = [...instantsMs].sort((one, other) => one - other);
  let most = 0;
  let oldest = 0;
  for (let index = 0; index < sorted.length; index += 1) {
    while ((sorted[oldest] as number) + 1000 <= (sorted[index] as number)) oldest += 1;
    most = Math.max(most, index - oldest + 1);
  }
  return most;
}

/** Seeded random numbers from 0 to 1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Calls at even distances, with a random part of the distance added to each. */
export function steady(
  tokenId: string,
  perSecond: number,
  options: { fromMs?: number; untilMs: number; rate?: number; jitter?: () => number },
): Arrival[] {
  const arrivals: Arrival[] = [];
  const distanceMs = 1000 / perSecond;
  for (let atMs = options.fromMs ?? 0; atMs < options.untilMs; atMs += distanceMs) {
    const jitterMs = options.jitter === undefined ? 0 : options.jitter() * distanceMs;
    arrivals.push({ tokenId, atMs: atMs + jitterMs, callsPerSecond: options.rate ?? 20 });
  }
  return arrivals;
}
