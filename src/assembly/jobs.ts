// Every scheduled job and what it is given. `serve` runs them when they are due, `statut jobs run` when asked.

import type { Ledger } from "../audit/ledger.ts";
import { createFreezing } from "../availability/freezing-job.ts";
import type { Clock } from "../clock.ts";
import { createLineEraser } from "../journal/erase-lines-storage.ts";
import { createRollupReader } from "../journal/rollup-reader-storage.ts";
import type { FindRecipients, Outbox } from "../mail/outbox.ts";
import { createMailRetention } from "../mail/retention-job.ts";
import { listAnnouncedWindows } from "../notice/maintenance-storage.ts";
import { createReminders } from "../notice/reminders-job.ts";
import { createTermsMail } from "../notice/terms-job.ts";
import { createTokenMail } from "../notice/token-job.ts";
import { parisDay } from "../paris-time.ts";
import { deleteAddressChanges } from "../partner/address-change-storage.ts";
import { createRetention } from "../retention/retention.ts";
import { createTraceRetention } from "../retention/retention-job.ts";
import type { Job } from "../schedule/job.ts";
import { createJobStorage, type JobStorage } from "../schedule/job-storage.ts";
import { createScheduledJobs, type ScheduledJobs } from "../schedule/scheduled-jobs.ts";
import { createSessionRetention } from "../session/session-retention-job.ts";
import type { Database } from "../storage/database.ts";
import { createTokenNotices } from "../token/token-notices.ts";
import type { Administration } from "./administration.ts";
import { createReports } from "./availability.ts";
import { listUsers } from "./trace-holders.ts";

export interface JobParts {
  readonly database: Database;
  readonly journalDatabase: Database;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly terms: Administration["terms"];
  readonly outbox: Outbox;
  readonly findRecipients: FindRecipients;
  /** Where letters lead, `https://host`: asked when one is written, since a port may be chosen late. */
  readonly origin: () => string;
}

/** The jobs for the scheduler that runs them, and for the people who look after them. */
export interface Scheduling {
  readonly jobs: readonly Job[];
  readonly storage: JobStorage;
  readonly useCases: ScheduledJobs;
}

export function createScheduling(parts: JobParts): Scheduling {
  const jobs = createJobs(parts);
  const storage = createJobStorage(parts.database);
  return { jobs, storage, useCases: createScheduledJobs({ ...parts, jobs, storage }) };
}

export function createJobs(parts: JobParts): readonly Job[] {
  const { database, journalDatabase, clock, ledger, terms, origin } = parts;
  return [
    createTokenMail({ ...parts, notices: createTokenNotices({ database, clock, dayOf: parisDay }) }),
    createReminders(parts),
    createTermsMail({
      ...parts,
      findUntold: async () =>
        (await terms.findUnannounced()).map(({ version, summary, effectiveAt }) => ({
          ...{ id: version, number: version, summary, effectiveAt },
          url: `${origin()}/tableau-de-bord/conditions/${version}`,
        })),
      markTold: terms.markAnnounced,
    }),
    createFreezing(
      createReports({
        ...{ database: journalDatabase, clock, rollups: createRollupReader(journalDatabase) },
        maintenanceWindows: (from, until) => listAnnouncedWindows(database.knex, from, until),
      }),
      clock,
    ),
    createTraceRetention(
      createRetention({
        ...{ ledger, clock, traces: createLineEraser(journalDatabase) },
        listUsers: () => listUsers(database.knex),
      }),
    ),
    createMailRetention(clock),
    createSessionRetention(clock, [deleteAddressChanges]),
  ];
}
