// Long reads of the journal take turns. On SQLite a block is read on the thread that answers lookups: without a pause
// between blocks, one export that finds nothing would stop the whole service until it has looked at every line.
import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";

/** Pages and exports that one reader may have under way. */
const maxReads = 8;
/** Longest rest after a block, in milliseconds. */
const maxRestMs = 250;

export interface ReadingTurns {
  /**
   * Begins a read, which ends when the returned function is called, or the signal says that nobody waits for it. Errors:
   * `person_limited` when the reader has too many.
   */
  enter(reader: string, signal: AbortSignal | undefined): () => void;
  /** Reads a block when its turn has come. Nobody reads another one while it runs, nor for as long again. */
  take<T>(read: () => Promise<T>): Promise<T>;
}

export function createReadingTurns({ monotonic }: Pick<Clock, "monotonic">): ReadingTurns {
  const reads = new Map<string, number>();
  let free: Promise<unknown> = Promise.resolve();

  return {
    enter(reader, signal) {
      const count = reads.get(reader) ?? 0;
      if (count >= maxReads) throw serviceError("person_limited", { retryAfterMs: 1000 });
      reads.set(reader, count + 1);
      let isOver = false;
      const leave = () => {
        if (isOver) return;
        isOver = true;
        signal?.removeEventListener("abort", leave);
        const left = (reads.get(reader) ?? 1) - 1;
        if (left === 0) reads.delete(reader);
        else reads.set(reader, left);
      };
      signal?.addEventListener("abort", leave, { once: true });
      return leave;
    },
    take<T>(read: () => Promise<T>): Promise<T> {
      let startedAt = 0;
      const block = free.then(() => {
        startedAt = monotonic();
        return read();
      });
      const rest = () => pause(Math.min(monotonic() - startedAt, maxRestMs));
      free = block.then(rest, rest);
      return block;
    },
  };
}
