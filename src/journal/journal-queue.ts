import { serviceError } from "../errors.ts";
import type { JournalLine } from "./journal.ts";

/** A line that is not durable yet, and the call that waits for it. */
export interface QueuedLine {
  readonly line: JournalLine;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** On the monotonic clock, in milliseconds. */
  readonly deadline: number;
  /** The call has been answered already, by a refusal: the line is still written. */
  settled: boolean;
}

/** Lines per group: one transaction and one message. */
const groupLimit = 512;
/**
 * Lines that wait, in order: the group with the writer, and those that are not sent yet. One group at a time: a second
 * one under way would keep the writer busy with groups half as large, and each group costs an fdatasync.
 */
export class JournalQueue {
  #flying: readonly QueuedLine[] = [];
  #waiting: QueuedLine[] = [];

  get length(): number {
    return this.#flying.length + this.#waiting.length;
  }

  push(line: QueuedLine): void {
    this.#waiting.push(line);
  }

  /** The next group to send, or undefined while the writer has one or nothing waits. */
  take(): readonly QueuedLine[] | undefined {
    if (this.#waiting.length === 0 || this.#flying.length > 0) return undefined;
    const group = this.#waiting.length <= groupLimit ? this.#waiting : this.#waiting.slice(0, groupLimit);
    this.#waiting = this.#waiting.length <= groupLimit ? [] : this.#waiting.slice(groupLimit);
    this.#flying = group;
    return group;
  }

  /** The group with the writer is durable, but for the lines at these places. */
  acknowledge(refused: readonly number[]): void {
    const group = this.#flying;
    this.#flying = [];
    for (const index of refused) {
      const line = group[index];
      if (line !== undefined) refuse(line, "the database refused the line");
    }
    for (const line of group) {
      if (line.settled) continue;
      line.settled = true;
      line.resolve();
    }
  }

  /** Takes the lines back from a writer that died. They go first again; the returned number of them is doubtful. */
  takeBack(): number {
    const lost = this.#flying;
    this.#flying = [];
    this.#waiting = lost.concat(this.#waiting);
    return lost.length;
  }

  /** Refuses the calls whose time is over; returns the next deadline, if a call waits, and the number refused. */
  expire(now: number): { readonly refused: number; readonly next: number | undefined } {
    let refused = 0;
    for (const line of this.#lines()) {
      if (line.settled) continue;
      if (line.deadline > now) return { refused, next: line.deadline };
      refuse(line, "the line was not durable in time");
      refused += 1;
    }
    return { refused, next: undefined };
  }

  *#lines(): Generator<QueuedLine> {
    yield* this.#flying;
    yield* this.#waiting;
  }
}

function refuse(line: QueuedLine, reason: string): void {
  if (line.settled) return;
  line.settled = true;
  line.reject(serviceError("trace_unavailable", { cause: new Error(reason) }));
}
