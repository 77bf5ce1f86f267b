// What the disk itself takes: no answer that is durable before it leaves can be faster.
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** What the journal writes for a line that comes alone: three pages of its log. */
const written = Buffer.alloc(3 * 4096);

/** Appends and syncs at even distances, as the journal does for calls that come one by one; the milliseconds of each. */
export async function syncEvenly(folder: string, perSecond: number, seconds: number): Promise<number[]> {
  const file = join(folder, "disk-floor");
  const descriptor = openSync(file, "w");
  try {
    const times: number[] = [];
    const startedAt = performance.now();
    for (let index = 0; index < perSecond * seconds; index += 1) {
      await pause(Math.max(0, startedAt + (index * 1000) / perSecond - performance.now()));
      const writtenAt = performance.now();
      writeSync(descriptor, written);
      fdatasyncSync(descriptor);
      times.push(performance.now() - writtenAt);
    }
    return times;
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
}
