// Real load on real guards: calls at even distances, with what became of each.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/clock.ts";
import { ServiceError } from "../../src/errors.ts";
import { createGuard, type GuardOptions } from "../../src/guard/create-guard.ts";
import type { Guard } from "../../src/guard/guard.ts";

export const neverAborted = new AbortController();

/** A guard with the service's defaults, alone unless told otherwise. */
export function startGuard(options: Partial<GuardOptions> = {}): Promise<Guard> {
  return createGuard({
    callsPerSecond: 50,
    tokenCallsPerSecond: 20,
    queueMaxWaitMs: 250,
    instances: 1,
    redisUrl: undefined,
    clock: systemClock,
    ...options,
  });
}

export interface CallResult {
  readonly tokenId: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Identifier of the error; absent when admitted. */
  readonly refused: string | undefined;
  readonly retryAfterMs: number | undefined;
}

/** One call, whatever becomes of it; an error that is not of the service rejects. */
export async function call(guard: Guard, tokenId: string, callsPerSecond?: number): Promise<CallResult> {
  const startMs = performance.now();
  const result = { tokenId, startMs, refused: undefined, retryAfterMs: undefined };
  try {
    const answer = guard.admit(tokenId, callsPerSecond, neverAborted);
    if (answer instanceof Promise) await answer;
    return { ...result, endMs: performance.now() };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { id, options } = error;
    return { ...result, endMs: performance.now(), refused: id, retryAfterMs: options.retryAfterMs };
  }
}

/** Above what a timer is late on a machine that has nothing else to do, in milliseconds. */
const stallMs = 20;
let longestLagMs = 0;
let lostMs = 0;
let stalls = 0;
/** Calls wait no longer than a quarter of a second, for a permit too, which a process that is kept from working has not. */
const longStallMs = 100;
let longStalls = 0;

/** What a busy machine may add to a wait: it may keep this process from answering at both its ends, in milliseconds. */
export function machineLagMs(): number {
  return 2 * longestLagMs;
}

/** Time that a busy machine has taken from the loads so far, in milliseconds, and how often. */
export function machineStalls(): { readonly lostMs: number; readonly count: number } {
  return { lostMs, count: stalls };
}

function noteLag(lagMs: number): void {
  longestLagMs = Math.max(longestLagMs, lagMs);
  if (lagMs < stallMs) return;
  lostMs += lagMs;
  stalls += 1;
  if (lagMs >= longStallMs) longStalls += 1;
}

export interface LoadOptions {
  readonly perSecond: number;
  readonly forMs: number;
  readonly tokenIds: readonly string[];
  readonly callsPerSecond?: number;
  /** Whether calls that this process was too late to make are left out: a calm caller makes no bursts. */
  readonly isCalm?: true;
  /** Whether the load may end; it goes on beyond its time while it may not. */
  readonly mayEnd?: () => boolean;
}

/** Calls at an even rate, spread over guards and tokens in turn. */
export async function load(guards: readonly Guard[], options: LoadOptions): Promise<CallResult[]> {
  const calls: Promise<CallResult>[] = [];
  const startMs = performance.now();
  let left = 0;
  while (true) {
    const elapsedMs = performance.now() - startMs;
    if (elapsedMs >= options.forMs && options.mayEnd?.() !== false) break;
    const due = Math.ceil((elapsedMs * options.perSecond) / 1000) - left - calls.length;
    if (options.isCalm === true) left += Math.max(0, due - 1);
    for (let count = options.isCalm === true ? Math.min(1, due) : due; count > 0; count -= 1) {
      const guard = guards[calls.length % guards.length] as Guard;
      const tokenId = options.tokenIds[calls.length % options.tokenIds.length] as string;
      calls.push(call(guard, tokenId, options.callsPerSecond));
    }
    await sleep(1);
    noteLag(performance.now() - startMs - elapsedMs);
  }
  return await Promise.all(calls);
}

export function admitted(results: readonly CallResult[]): CallResult[] {
  return results.filter(({ refused }) => refused === undefined);
}

/** Every call is admitted, but for those around a stall that was longer than a call may wait. */
export function assertAdmitted(results: readonly CallResult[], why = ""): void {
  const refused = results.length - admitted(results).length;
  assert.ok(
    refused <= 3 * longStalls,
    `${why} ${refused} of ${results.length} refused, ${longStalls} stalls`,
  );
}

export function longestWaitMs(results: readonly CallResult[]): number {
  return Math.max(...results.map(({ startMs, endMs }) => endMs - startMs));
}

/** Waits until the condition holds; fails when it takes too long. */
export async function until(condition: () => boolean, limitMs: number, what: string): Promise<number> {
  const startMs = performance.now();
  while (!condition()) {
    if (performance.now() - startMs > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(5);
  }
  return performance.now() - startMs;
}
