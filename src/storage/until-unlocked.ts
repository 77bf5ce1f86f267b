import { setTimeout as sleep } from "node:timers/promises";

/** An import holds SQLite's write lock for longer than a connection waits: an operator's change outlasts it. */
const lockRetries = 50;
const lockPauseMs = 100;

/** Runs a write anew while another process holds the write lock, for 5 s at most. */
export async function untilUnlocked<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      const locked = (error as { code?: unknown }).code === "SQLITE_BUSY";
      if (!locked || attempt === lockRetries) throw error;
      await sleep(lockPauseMs);
    }
  }
}
