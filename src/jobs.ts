// Every scheduled job and what it is given. `serve` runs them when they are due, `statut jobs run` when asked.
import type { Clock } from "./clock.ts";
import type { FindRecipients, Outbox } from "./mail/outbox.ts";
import { createMailRetention } from "./mail/retention-job.ts";
import { createReminders } from "./notice/reminders-job.ts";
import type { Job } from "./schedule/job.ts";
import type { Database } from "./storage/database.ts";

export interface JobParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly findRecipients: FindRecipients;
}

export function createJobs(parts: JobParts): readonly Job[] {
  return [createReminders(parts), createMailRetention(parts.clock)];
}
