import { readFileSync } from "node:fs";
import { childrenOf, descendantsOf } from "./process-tree.ts";

/**
 * Ends the process that runs a test file, with everything that it started: what is left of those would hold the
 * pipes open that the runner reads to their end. Linux only; elsewhere it does nothing.
 */
export function killTestFile(file: string): void {
  for (const pid of childrenOf(process.pid)) {
    if (!commandOf(pid).includes(file)) continue;
    // Seen before any of them is gone: the children of the dead belong to nobody.
    for (const each of [pid, ...descendantsOf(pid)]) kill(each);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}

function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
