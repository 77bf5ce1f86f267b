// One run of one job: take the lease, do the units that are not done, end the run. Whoever loses the lease on the
// way has changed nothing since: every write checks the fence in its own transaction.
import type { Clock } from "../clock.ts";
import { type Job, LeaseLost } from "./job.ts";
import type { JobStorage, Lease } from "./job-storage.ts";
import { nextOccurrence } from "./recurrence.ts";

export interface RunnerParts {
  readonly storage: JobStorage;
  readonly clock: Clock;
  /** Names this process in the job's row: host, process id, random part. */
  readonly holder: string;
  /** Gets why a run failed. */
  readonly report: (job: string, cause: unknown) => void;
  /** How long a lease lasts without being renewed, in milliseconds. */
  readonly leaseMs?: number;
}

/** `idle`: not due, or another instance runs it. `lost`: another instance has taken over on the way. */
export type RunOutcome = "done" | "failed" | "idle" | "lost" | "stopped";

const defaultLeaseMs = 30_000;

/** Does the job's run when it is due, or `early` when an operator asks for it. It never rejects for what `run` throws. */
export async function runJob(
  job: Job,
  parts: RunnerParts,
  options: { readonly early?: boolean; readonly signal?: AbortSignal } = {},
): Promise<RunOutcome> {
  const { storage, clock, holder, leaseMs = defaultLeaseMs } = parts;
  const now = clock.now();
  const early = options.early === true;
  const lease = await storage.acquire(job.name, { holder, now, leaseUntil: now + leaseMs, early });
  if (lease === undefined) return "idle";
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const renewal = setInterval(() => {
    storage.renew(lease, clock.now() + leaseMs).catch((cause: unknown) => {
      // An outage may pass before the lease ends; the units find out whether it did.
      if (cause instanceof LeaseLost) stop.abort(cause);
    });
  }, leaseMs / 3);
  renewal.unref();
  try {
    return await attempt(job, lease, parts, signal);
  } finally {
    clearInterval(renewal);
  }
}

async function attempt(job: Job, lease: Lease, parts: RunnerParts, signal: AbortSignal): Promise<RunOutcome> {
  const { storage, clock, leaseMs = defaultLeaseMs } = parts;
  try {
    await job.run({
      dueAt: lease.dueAt,
      signal,
      unit(key, work) {
        signal.throwIfAborted();
        const now = clock.now();
        return storage.runUnit(lease, { key, now, leaseUntil: now + leaseMs }, work);
      },
    });
    const now = clock.now();
    // An early run does not take the place of the one that is due.
    await storage.finish(lease, now, nextOccurrence(job.recurrence, now));
    return "done";
  } catch (cause) {
    return await end(job, lease, parts, signal, cause);
  }
}

async function end(
  job: Job,
  lease: Lease,
  { storage, clock, report }: RunnerParts,
  signal: AbortSignal,
  cause: unknown,
): Promise<RunOutcome> {
  try {
    if (cause instanceof LeaseLost || signal.reason instanceof LeaseLost) return "lost";
    if (signal.aborted) {
      await storage.release(lease);
      return "stopped";
    }
    report(job.name, cause);
    const now = clock.now();
    await storage.fail(lease, now, now + retryDelayMs(lease.failures), nameOf(cause));
    return "failed";
  } catch (second) {
    // The lease runs out by itself.
    if (!(second instanceof LeaseLost)) report(job.name, second);
    return second instanceof LeaseLost ? "lost" : "failed";
  }
}

/** One minute after the first failure, then twice as long each time, an hour at most. */
function retryDelayMs(failures: number): number {
  return Math.min(60_000 * 2 ** failures, 3_600_000);
}

/** Only the kind of the error is stored: a driver's message may hold the values of a row. */
function nameOf(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause;
  const { code } = cause as { code?: unknown };
  return code === undefined ? cause.name : `${cause.name} ${String(code)}`;
}
