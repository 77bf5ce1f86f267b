// Load on the whole service: every token calls every instance, while operators change what tokens may.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "./eventually.ts";
import type { RunningService } from "./service.ts";
import { bearer, issueToken, lookupRoute } from "./whole-service.ts";

/** What the terms and the README promise for a change on every instance. */
export const promisedMs = 1000;
/** Between two calls of one caller. */
const everyMs = 120;
/** After a refusal: those of two tokens stay below the ten a second that an instance gives back to an address. */
const everyRefusedMs = 240;

export interface Answer {
  readonly token: string;
  readonly instance: RunningService;
  /** On the monotonic clock, in milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly status: number;
  readonly text: string;
}

/** Waits until every instance serves this token. */
export async function untilServed(instances: readonly RunningService[], token: string): Promise<void> {
  for (const { origin } of instances) {
    await eventually(async () => {
      const { status } = await fetch(origin + lookupRoute, { headers: bearer(token) });
      if (status !== 200) await pause(everyRefusedMs);
      return status === 200;
    });
  }
}

/** Waits until the service applies all that was changed so far: it then serves a token that is younger. */
export async function untilChangesApply(service: RunningService): Promise<void> {
  const { token } = await issueToken(service, "13002526500013");
  await untilServed([service], token);
}

/** Calls every instance with every token, over and over, until it is stopped. */
export function startLoad(instances: readonly RunningService[], tokens: readonly string[]) {
  const answers: Answer[] = [];
  let running = true;
  const call = async (instance: RunningService, token: string) => {
    while (running) {
      const startedAt = performance.now();
      const response = await fetch(instance.origin + lookupRoute, { headers: bearer(token) });
      const text = await response.text();
      const endedAt = performance.now();
      // An instance that could not look for a second refuses everybody, as it promises.
      if (response.status !== 503 || !text.includes("STORAGE_UNAVAILABLE"))
        answers.push({ token, instance, startedAt, endedAt, status: response.status, text });
      await pause(response.status === 200 ? everyMs : everyRefusedMs);
    }
  };
  const calls = instances.flatMap((instance) => tokens.map((token) => call(instance, token)));
  const isHeard = (token: string, instance: RunningService, from: number) =>
    answers.some(
      (answer) => answer.token === token && answer.instance === instance && answer.startedAt > from,
    );
  return {
    answers,
    /** Waits until every instance has answered every token in a call that began after this instant. */
    heardFrom: (from: number) =>
      eventually(() =>
        tokens.every((token) => instances.every((instance) => isHeard(token, instance, from))),
      ),
    stop: async () => {
      running = false;
      await Promise.all(calls);
    },
  };
}

/** What the answers to one token say after the operator's command ended at `changedAt`, on each instance. */
export function assertChanged(
  answers: readonly Answer[],
  changedAt: number,
  status: number,
  reason: string,
): void {
  const served = answers.filter((answer) => answer.startedAt < changedAt && answer.status === 200);
  assert.ok(served.length > 0, "nothing was answered before the change");
  for (const instance of new Set(answers.map((answer) => answer.instance))) {
    const after = answers.filter(
      (answer) => answer.instance === instance && answer.startedAt > changedAt + promisedMs,
    );
    assert.ok(after.length > 0, "no call came after the change");
    for (const answer of after) {
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.text, new RegExp(reason));
    }
  }
}
