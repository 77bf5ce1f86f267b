import { setTimeout as pause } from "node:timers/promises";

/** Far from what a slow machine takes: it catches what hangs. */
const hangMs = 60_000;

/** Waits until the condition holds; fails after `limitMs`. Returns how long it took, in milliseconds. */
export async function eventually(condition: () => unknown, limitMs = hangMs): Promise<number> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > limitMs) throw new Error(`not within ${limitMs} ms: ${condition}`);
    await pause(10);
  }
  return performance.now() - startedAt;
}
