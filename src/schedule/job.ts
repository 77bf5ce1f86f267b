import type { Knex } from "knex";
import type { Recurrence } from "./recurrence.ts";

/** Something that the service does by itself at certain times, once for all its instances. */
export interface Job {
  /** Kebab-case, at most 60 characters. It names the job's row: another name is another job. */
  readonly name: string;
  /** One line for operators. */
  readonly description: string;
  readonly recurrence: Recurrence;
  /**
   * Does one run, in units. It may be called again for the same `dueAt` after a crash or a failure; what it did in
   * units is then skipped. What it throws is logged, and the run is tried again later.
   */
  run(context: JobContext): Promise<void>;
}

export interface JobContext {
  /** When this run was due, in milliseconds. Runs that were missed meanwhile are this one: look back from now. */
  readonly dueAt: number;
  /** Aborted when the lease is lost or the service stops: end between two units. */
  readonly signal: AbortSignal;
  /**
   * Does one thing and records it as done, in one transaction of the main database, which commits only while this
   * run holds the lease. False, and nothing is done, when this run has done it already. `key` names the unit within
   * the run, at most 200 characters. Throws LeaseLost when another instance has taken over.
   */
  unit(key: string, work: (transaction: Knex.Transaction) => Promise<void>): Promise<boolean>;
}

/** Another instance runs the job now: whatever was under way here is rolled back. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}
