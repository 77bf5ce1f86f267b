import { readdirSync, readFileSync } from "node:fs";

/**
 * Ends the process that runs a test file, with everything that it started: what is left of those would hold the
 * pipes open that the runner reads to their end. Linux only; elsewhere it does nothing.
 */
export function killTestFile(file: string): void {
  for (const pid of childrenOf(process.pid)) {
    if (commandOf(pid).includes(file)) killTree(pid);
  }
}

function killTree(pid: number): void {
  const children = childrenOf(pid);
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
  for (const child of children) killTree(child);
}

/** Empty for a process that is gone. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
