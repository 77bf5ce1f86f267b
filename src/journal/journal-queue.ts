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
/** Groups with the writer: one being synced and one ready, so that it never waits for us. */
const groupsInFlight = 2;

/** Lines that wait, in order: those with the writer, group by group, and those that are not sent yet. */
export class JournalQueue {
  #flying: QueuedLine[][] = [];
  #waiting: QueuedLine[] = [];

  get length(): number {
    return this.#flying.reduce((sum, group) => sum + group.length, this.#waiting.length);
  }

  push(line: QueuedLine): void {
    this.#waiting.push(line);
  }

  /** The next group to send, or undefined while the writer has enough or nothing waits. */
  take(): readonly QueuedLine[] | undefined {
    if (this.#waiting.length === 0 || this.#flying.length >= groupsInFlight) return undefined;
    const group = this.#waiting.length <= groupLimit ? this.#waiting : this.#waiting.slice(0, groupLimit);
    this.#waiting = this.#waiting.length <= groupLimit ? [] : this.#waiting.slice(groupLimit);
    this.#flying.push(group);
    return group;
  }

  /** The oldest group with the writer is durable, but for the lines at these places. */
  acknowledge(refused: readonly number[]): void {
    const group = this.#flying.shift() ?? [];
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
    const lost = this.#flying.flat();
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
    for (const group of this.#flying) yield* group;
    yield* this.#waiting;
  }
}

function refuse(line: QueuedLine, reason: string): void {
  if (line.settled) return;
  line.settled = true;
  line.reject(serviceError("trace_unavailable", { cause: new Error(reason) }));
}
