// What operators do with the jobs: look how their runs ended, and ask for one before its time.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Actor } from "../audit/actor.ts";
import type { Ledger } from "../audit/ledger.ts";
import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";
import {
  JobOutcome,
  type JobSchema,
  JobService,
  type RunJobRequest,
  type RunJobResponse,
} from "../gen/statutetudiant/job/v1/job_pb.ts";
import { found } from "../storage/found.ts";
import type { Job } from "./job.ts";
import type { JobRecord, JobStorage } from "./job-storage.ts";

export interface ScheduledJobsParts {
  readonly jobs: readonly Job[];
  readonly storage: JobStorage;
  readonly ledger: Ledger;
  readonly clock: Clock;
}

export interface ScheduledJobs {
  list(): Promise<MessageInitShape<typeof JobSchema>[]>;
  /** Errors: `record_not_found`, `job_running`. */
  run(request: RunJobRequest, actor: Actor): Promise<RunJobResponse>;
}

export function createScheduledJobs({ jobs, storage, ledger, clock }: ScheduledJobsParts): ScheduledJobs {
  const byName = new Map(jobs.map((job) => [job.name, job]));
  return {
    async list() {
      const now = clock.now();
      // Rows of jobs that an older version had are left out.
      return (await storage.list()).flatMap((record) => {
        const job = byName.get(record.name);
        return job === undefined ? [] : [describe(job, record, now)];
      });
    },
    run: (request, actor) =>
      ledger.write(JobService.method.runJob, request, actor, async ({ knex, now, record }) => {
        const job = found(byName.get(request.name));
        if (!(await storage.expedite(knex, job.name, now))) throw serviceError("job_running");
        record({ action: "job.run", subject: job.name, reason: request.reason });
        return { job: describe(job, found(await storage.find(knex, job.name)), now) };
      }),
  };
}

const outcomes = { done: JobOutcome.DONE, failed: JobOutcome.FAILED } as const;

function describe(
  { name, description }: Job,
  record: JobRecord,
  now: number,
): MessageInitShape<typeof JobSchema> {
  const { lastStartedAt, lastFinishedAt, lastOutcome, leaseUntil } = record;
  return {
    ...{ name, description, recurrence: record.recurrence, failures: record.failures },
    dueTime: timestampFromMs(record.retryAt ?? record.dueAt),
    running: leaseUntil !== undefined && leaseUntil > now,
    ...(lastStartedAt !== undefined && { lastStartTime: timestampFromMs(lastStartedAt) }),
    ...(lastFinishedAt !== undefined && { lastFinishTime: timestampFromMs(lastFinishedAt) }),
    ...(lastOutcome !== undefined && { lastOutcome: outcomes[lastOutcome] }),
    lastError: record.lastError ?? "",
  };
}
