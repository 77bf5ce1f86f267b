import { systemActor } from "../audit/actor.ts";
import type { Job } from "../schedule/job.ts";
import type { Retention } from "./retention.ts";

/** Erases, every night, the traces of those who did not call for two years (terms, article 4). */
export function createTraceRetention(retention: Retention): Job {
  return {
    name: "trace-retention",
    description: "Erases the traces of those who did not call for two years.",
    recurrence: { at: "03:30" },
    async run({ signal }) {
      await retention.run(systemActor("trace-retention"), signal);
    },
  };
}
