// Tests of how fast or how even something is. What they assert is promised on a machine that lets the service work; one that
// stops it for a moment proves nothing, in either direction.
import { once } from "node:events";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";

/** A machine that takes less than this from everybody, in milliseconds, is no excuse. */
const excusedMs = 20;
const attempts = 5;

/**
 * A test that measures. It is repeated, from its beginning, when it fails while the machine stalled; a failure on a machine
 * that did not stall is one, and so is the fifth in any case. It must stand alone: nothing of an attempt may be left.
 */
export function measuredTest(name: string, measure: (context: TestContext) => Promise<void>): void {
  test(name, async (context) => {
    for (let attempt = 1; ; attempt += 1) {
      const witness = await startWitness();
      try {
        await measure(context);
        return;
      } catch (error) {
        const stallMs = witness.longestMs();
        if (stallMs < excusedMs || attempt === attempts) throw error;
        context.diagnostic(`attempt ${attempt}: the machine stalled for ${stallMs} ms: ${String(error)}`);
      } finally {
        await witness.stop();
      }
    }
  });
}

/** Watches, in a thread of its own, how long the machine stalls. */
async function startWitness() {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const thread = new Worker(join(import.meta.dirname, "stall-witness-thread.ts"), {
    workerData: words.buffer,
  });
  await once(thread, "online");
  return {
    longestMs: () => Atomics.load(words, 1),
    async stop() {
      const ended = once(thread, "exit");
      Atomics.store(words, 0, 1);
      Atomics.notify(words, 0);
      await ended;
    },
  };
}
