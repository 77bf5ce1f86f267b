// The rows of the jobs. A lease is taken and checked by single conditional updates, which both databases make atomic:
// two instances that want it at the same instant cannot both change the row.
import type { Knex } from "knex";
import type { Database } from "../storage/database.ts";
import { untilUnlocked } from "../storage/until-unlocked.ts";
import { LeaseLost } from "./job.ts";

export interface JobRecord {
  readonly name: string;
  readonly recurrence: string;
  readonly dueAt: number;
  /** A failed run is tried again from then on. */
  readonly retryAt: number | undefined;
  /** Failures in a row. */
  readonly failures: number;
  readonly fence: number;
  readonly holder: string | undefined;
  readonly leaseUntil: number | undefined;
  readonly lastStartedAt: number | undefined;
  readonly lastFinishedAt: number | undefined;
  readonly lastOutcome: "done" | "failed" | undefined;
  readonly lastError: string | undefined;
}

/** The right to do one run, until it expires or is renewed. */
export interface Lease {
  readonly job: string;
  readonly fence: number;
  readonly dueAt: number;
  /** Failures in a row before this run. */
  readonly failures: number;
}

export interface LeaseRequest {
  readonly holder: string;
  readonly now: number;
  readonly leaseUntil: number;
  /** Whether the run may start although it is not due. */
  readonly early: boolean;
}

export interface JobStorage {
  /** Makes the job's row; a changed recurrence is due anew. */
  register(name: string, recurrence: string, dueAt: number): Promise<void>;
  list(): Promise<JobRecord[]>;
  /** Undefined when the job is not due or another instance holds it. */
  acquire(job: string, request: LeaseRequest): Promise<Lease | undefined>;
  /** Throws LeaseLost when somebody else has taken the lease meanwhile. */
  renew(lease: Lease, leaseUntil: number): Promise<void>;
  /** Does a unit in a transaction; false when it is done already. Throws LeaseLost like `renew`. */
  runUnit(
    lease: Lease,
    unit: { readonly key: string; readonly now: number; readonly leaseUntil: number },
    work: (transaction: Knex.Transaction) => Promise<void>,
  ): Promise<boolean>;
  /** Ends a run that is done and forgets its units. */
  finish(lease: Lease, now: number, nextDueAt: number): Promise<void>;
  /** Ends a run that failed; its units stay done. */
  fail(lease: Lease, now: number, retryAt: number, error: string): Promise<void>;
  /** Gives an unfinished run back at once. */
  release(lease: Lease): Promise<void>;
  find(transaction: Knex.Transaction, name: string): Promise<JobRecord | undefined>;
  /** Makes a job due now that nobody runs. False when somebody does, or there is none. */
  expedite(transaction: Knex.Transaction, name: string, now: number): Promise<boolean>;
}

const columns = [
  ...["name", "recurrence", "due_at", "retry_at", "failures", "fence", "holder", "lease_until"],
  ...["last_started_at", "last_finished_at", "last_outcome", "last_error"],
];

export function createJobStorage({ knex }: Database): JobStorage {
  const transact = <T>(work: (transaction: Knex.Transaction) => Promise<T>) =>
    untilUnlocked(() => knex.transaction(work));
  return {
    async register(name, recurrence, dueAt) {
      await transact(async (transaction) => {
        await transaction("jobs").insert({ name, recurrence, due_at: dueAt }).onConflict("name").ignore();
        await transaction("jobs")
          .where({ name })
          .whereNot({ recurrence })
          .update({ recurrence, due_at: dueAt });
      });
    },
    async list() {
      const rows: JobRow[] = await knex("jobs").select(columns).orderBy("name");
      return rows.map(toRecord);
    },
    acquire: (job, request) => transact((transaction) => acquire(transaction, job, request)),
    renew: (lease, leaseUntil) =>
      transact((transaction) => keep(transaction, lease, { lease_until: leaseUntil })),
    runUnit: (lease, { key, now, leaseUntil }, work) =>
      transact(async (transaction) => {
        await keep(transaction, lease, { lease_until: leaseUntil });
        const unit = { job: lease.job, due_at: lease.dueAt, unit: key, done_at: now };
        const isNew = await transaction("job_units").insert(unit).onConflict().ignore().returning("unit");
        if (isNew.length === 0) return false;
        await work(transaction);
        return true;
      }),
    finish: (lease, now, nextDueAt) =>
      transact(async (transaction) => {
        const next = {
          due_at: nextDueAt,
          retry_at: null,
          failures: 0,
          last_outcome: "done",
          last_error: null,
        };
        await keep(transaction, lease, { ...next, ...released, last_finished_at: now });
        await transaction("job_units").where({ job: lease.job }).delete();
      }),
    fail: (lease, now, retryAt, error) =>
      transact((transaction) =>
        keep(transaction, lease, {
          ...released,
          retry_at: retryAt,
          failures: lease.failures + 1,
          last_finished_at: now,
          last_outcome: "failed",
          last_error: error.slice(0, 500),
        }),
      ),
    release: (lease) => transact((transaction) => keep(transaction, lease, released)),
    find,
    expedite,
  };
}

const released = { holder: null, lease_until: null };

async function find(transaction: Knex.Transaction, name: string): Promise<JobRecord | undefined> {
  const row: JobRow | undefined = await transaction("jobs").select(columns).where({ name }).first();
  return row === undefined ? undefined : toRecord(row);
}

async function expedite(transaction: Knex.Transaction, name: string, now: number): Promise<boolean> {
  const job = await find(transaction, name);
  if (job === undefined) return false;
  const { fence, dueAt } = job;
  const change = { due_at: Math.min(dueAt, now), retry_at: null };
  if ((await whereFree(transaction("jobs").where({ name, fence }), now).update(change)) === 0) return false;
  // What a failed run has done in units stays done.
  await transaction("job_units").where({ job: name, due_at: dueAt }).update({ due_at: change.due_at });
  return true;
}

/** Nobody runs the job, or whoever did has lost the lease. */
function whereFree(query: Knex.QueryBuilder, now: number): Knex.QueryBuilder {
  return query.andWhere((free) => free.whereNull("lease_until").orWhere("lease_until", "<=", now));
}

async function acquire(
  transaction: Knex.Transaction,
  name: string,
  { holder, now, leaseUntil, early }: LeaseRequest,
): Promise<Lease | undefined> {
  const taken = await whereFree(transaction("jobs").where({ name }), now)
    .modify((query) => {
      if (early) return;
      query
        .where("due_at", "<=", now)
        .andWhere((ripe) => ripe.whereNull("retry_at").orWhere("retry_at", "<=", now));
    })
    .update({
      holder,
      lease_until: leaseUntil,
      last_started_at: now,
      fence: transaction.raw("fence + 1"),
    });
  if (taken === 0) return undefined;
  const row = await transaction("jobs").select("fence", "due_at", "failures").where({ name }).first();
  return { job: name, fence: row.fence, dueAt: row.due_at, failures: row.failures };
}

/** Changes the job's row while the lease is ours; the row stays locked until the transaction ends. */
async function keep(
  transaction: Knex.Transaction,
  lease: Lease,
  change: Readonly<Record<string, string | number | null>>,
): Promise<void> {
  const kept = await transaction("jobs").where({ name: lease.job, fence: lease.fence }).update(change);
  if (kept === 0) throw new LeaseLost(`${lease.job}: another instance has taken over`);
}

interface JobRow {
  readonly name: string;
  readonly recurrence: string;
  readonly due_at: number;
  readonly retry_at: number | null;
  readonly failures: number;
  readonly fence: number;
  readonly holder: string | null;
  readonly lease_until: number | null;
  readonly last_started_at: number | null;
  readonly last_finished_at: number | null;
  readonly last_outcome: "done" | "failed" | null;
  readonly last_error: string | null;
}

function toRecord(row: JobRow): JobRecord {
  return {
    name: row.name,
    recurrence: row.recurrence,
    dueAt: row.due_at,
    retryAt: row.retry_at ?? undefined,
    failures: row.failures,
    fence: row.fence,
    holder: row.holder ?? undefined,
    leaseUntil: row.lease_until ?? undefined,
    lastStartedAt: row.last_started_at ?? undefined,
    lastFinishedAt: row.last_finished_at ?? undefined,
    lastOutcome: row.last_outcome ?? undefined,
    lastError: row.last_error ?? undefined,
  };
}
