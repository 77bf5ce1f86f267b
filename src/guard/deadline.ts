import { setImmediate, setTimeout } from "node:timers/promises";

/** Waits, without keeping the process alive. */
export async function after(delayMs: number): Promise<undefined> {
  await setTimeout(delayMs, undefined, { ref: false });
  return undefined;
}

/** The answer, or a rejection when it takes longer. An answer that arrived while this process was busy counts. */
export async function answerWithin<T>(answer: Promise<T>, limitMs: number): Promise<T> {
  const stop = new AbortController();
  try {
    return await Promise.race([answer, late(limitMs, stop.signal)]);
  } finally {
    stop.abort();
  }
}

async function late(limitMs: number, signal: AbortSignal): Promise<never> {
  await setTimeout(limitMs, undefined, { ref: false, signal }).catch(() => undefined);
  // Sockets are read between timers and immediates.
  await setImmediate();
  await setImmediate();
  throw new Error(`no answer within ${limitMs} ms`);
}
