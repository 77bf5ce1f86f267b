// Looks regularly which jobs are due and runs them. All instances look; the lease lets one of them run each.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import type { Job } from "./job.ts";
import type { JobStorage } from "./job-storage.ts";
import { checkRecurrence, describeRecurrence, nextOccurrence } from "./recurrence.ts";
import { type RunnerParts, runJob } from "./run-job.ts";

export interface Scheduler {
  /** Lets the units under way end, for two seconds at most, gives the leases back, and stops. */
  close(): Promise<void>;
}

export interface SchedulerOptions extends RunnerParts {
  readonly jobs: readonly Job[];
  /** Time between two looks, in milliseconds. */
  readonly lookEveryMs?: number;
}

const defaultLookEveryMs = 5000;
/** Time that units under way get when the service stops, in milliseconds. */
const graceMs = 2000;

/** Names this process where leases are held. */
export function createHolderName(): string {
  return `${hostname().slice(0, 40)}:${process.pid}:${randomUUID().slice(0, 8)}`;
}

/** Makes the rows of jobs that are new or recur otherwise than before. */
export async function registerJobs(jobs: readonly Job[], storage: JobStorage, clock: Clock): Promise<void> {
  const names = new Set(jobs.map(({ name }) => name));
  if (names.size !== jobs.length) throw new Error("two jobs have the same name");
  for (const { name, recurrence } of jobs) {
    checkRecurrence(recurrence);
    await storage.register(name, describeRecurrence(recurrence), nextOccurrence(recurrence, clock.now()));
  }
}

/** Registers the jobs and runs each when it is due, until it is closed. */
export async function startScheduler(options: SchedulerOptions): Promise<Scheduler> {
  const { jobs, storage, clock, report, lookEveryMs = defaultLookEveryMs } = options;
  const stop = new AbortController();
  const running = new Map<string, Promise<unknown>>();
  let looking: Promise<void> | undefined;
  await registerJobs(jobs, storage, clock);
  const timer = setInterval(() => {
    looking ??= look()
      .catch((cause: unknown) => report("scheduler", cause))
      .finally(() => {
        looking = undefined;
      });
  }, lookEveryMs);
  timer.unref();

  async function look(): Promise<void> {
    const now = clock.now();
    const due = new Set((await storage.list()).filter(({ dueAt }) => dueAt <= now).map(({ name }) => name));
    if (stop.signal.aborted) return;
    for (const job of jobs) if (due.has(job.name) && !running.has(job.name)) start(job);
  }

  function start(job: Job): void {
    const run = runJob(job, options, { signal: stop.signal })
      .catch((cause: unknown) => report(job.name, cause))
      .finally(() => running.delete(job.name));
    running.set(job.name, run);
  }

  return {
    async close() {
      stop.abort();
      clearInterval(timer);
      await looking;
      // A unit that takes longer loses nothing: its lease runs out, and the next run does it again.
      await Promise.race([Promise.all(running.values()), sleep(graceMs, undefined, { ref: false })]);
    },
  };
}
