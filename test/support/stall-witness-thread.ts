// A thread that watches what the machine takes from its process and from those that it started: it sleeps for moments, and
// whatever it is late by was taken from everybody; and Linux tells how long each thread stood ready and was not let run. Run
// by `measured-test.ts`.
import { readdirSync, readFileSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { descendantsOf } from "../tools/process-tree.ts";

/** The first word is set to stop; the second one tells the longest stall so far, in milliseconds. */
const words = new Int32Array(workerData as SharedArrayBuffer);
const sleepMs = 20;
/** Between two looks at which threads there are, in sleeps. */
const sleepsPerLook = 10;

/** By thread, the nanoseconds that it has waited so far. */
const waited = new Map<string, number>();

function threads(): string[] {
  return [process.pid, ...descendantsOf(process.pid)].flatMap((pid) => {
    try {
      return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}/schedstat`);
    } catch {
      return [];
    }
  });
}

/** How long a thread has waited since the last time, in milliseconds. */
function newlyWaitedMs(thread: string): number {
  try {
    const total = Number(readFileSync(thread, "latin1").split(" ")[1]);
    const before = waited.get(thread) ?? total;
    waited.set(thread, total);
    return (total - before) / 1e6;
  } catch {
    return 0;
  }
}

let watched = threads();
for (let sleep = 1; Atomics.load(words, 0) === 0; sleep += 1) {
  const startedAt = performance.now();
  Atomics.wait(words, 0, 0, sleepMs);
  const lateMs = performance.now() - startedAt - sleepMs;
  const stallMs = Math.round(Math.max(lateMs, ...watched.map(newlyWaitedMs)));
  if (stallMs > Atomics.load(words, 1)) Atomics.store(words, 1, stallMs);
  if (sleep % sleepsPerLook === 0) watched = threads();
}
