// Calls at even distances, whatever becomes of the ones before: what a server that does not wait for us receives.
import { setTimeout as pause } from "node:timers/promises";

export interface TimedAnswer {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly status: number;
  readonly headers: Headers;
}

export interface EvenLoad {
  readonly perSecond: number;
  readonly forMs: number;
  /** Whether calls that this process was too late to send are left out: a calm caller makes no bursts. */
  readonly isCalm?: true;
}

/** Sends GET requests to the addresses in turn and waits for all answers. */
export async function sendEvenly(
  urls: readonly string[],
  headers: Record<string, string>,
  { perSecond, forMs, isCalm }: EvenLoad,
): Promise<TimedAnswer[]> {
  const answers: Promise<TimedAnswer>[] = [];
  const startedAt = performance.now();
  let left = 0;
  while (performance.now() - startedAt < forMs) {
    const due = Math.ceil(((performance.now() - startedAt) * perSecond) / 1000) - left - answers.length;
    if (isCalm === true) left += Math.max(0, due - 1);
    for (let call = 0; call < (isCalm === true ? Math.min(1, due) : due); call += 1) {
      answers.push(send(urls[answers.length % urls.length] ?? "", headers));
    }
    await pause(4);
  }
  return await Promise.all(answers);
}

/** One GET request. */
export async function send(url: string, headers: Record<string, string>): Promise<TimedAnswer> {
  const startedAt = performance.now();
  const response = await fetch(url, { headers });
  await response.arrayBuffer();
  return { startedAt, endedAt: performance.now(), status: response.status, headers: response.headers };
}

export function answered(answers: readonly TimedAnswer[]): TimedAnswer[] {
  return answers.filter(({ status }) => status === 200);
}

/** Times that the answers took, shortest first, in milliseconds. */
export function latencies(answers: readonly TimedAnswer[]): number[] {
  return answers.map(({ startedAt, endedAt }) => endedAt - startedAt).sort((a, b) => a - b);
}

/** Largest number of instants that lie in any window of this length. */
export function mostWithin(instants: readonly number[], windowMs: number): number {
  const sorted = [...instants].sort((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [index, instant] of sorted.entries()) {
    while (instant - (sorted[first] ?? instant) >= windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
