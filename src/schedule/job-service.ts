import type { ServiceImpl } from "@connectrpc/connect";
import { actorOf } from "../audit/actor.ts";
import type { JobService } from "../gen/statutetudiant/job/v1/job_pb.ts";
import { personOf } from "../request/call.ts";
import type { ScheduledJobs } from "./scheduled-jobs.ts";

/** Implements `JobService`. Errors: those of `ScheduledJobs`. */
export function createJobService(jobs: ScheduledJobs): ServiceImpl<typeof JobService> {
  return {
    listJobs: async () => ({ jobs: await jobs.list() }),
    runJob: (request, context) => jobs.run(request, actorOf(personOf(context))),
  };
}
