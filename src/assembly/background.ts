// What the service does by itself beside answering: it delivers mail and runs jobs. Part of the composition root.

import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import { startCourier } from "../mail/courier.ts";
import { createMailTransport } from "../mail/create-transport.ts";
import { openHandOverWitness } from "../mail/hand-over-witness.ts";
import { createMailStorage } from "../mail/mail-storage.ts";
import { createHolderName, startScheduler } from "../schedule/scheduler.ts";
import type { Database } from "../storage/database.ts";
import type { Scheduling } from "./jobs.ts";

export interface BackgroundParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly scheduling: Scheduling;
}

/** Starts the courier and the scheduler; what is returned ends them, the scheduler first. */
export async function startBackground(
  { database, clock, scheduling: { jobs, storage } }: BackgroundParts,
  config: Config,
  log: Logger,
): Promise<AsyncDisposable> {
  const holder = createHolderName();
  const transport = createMailTransport(config.SMTP_URL, config.DATA_DIR);
  // Nobody gets an e-mail then: it is said even where only warnings are kept.
  if (config.SMTP_URL === undefined) log.warn({ transport: transport.description }, "no mail server");
  else log.info({ transport: transport.description }, "mail");
  await using stack = new AsyncDisposableStack();
  stack.adopt(
    startCourier({
      ...{ storage: createMailStorage(database), transport, clock, holder, from: config.MAIL_FROM },
      witness: openHandOverWitness(config.DATA_DIR, clock.now()),
      report: (event, facts) => log.warn(facts, event),
    }),
    (courier) => courier.close(),
  );
  stack.adopt(
    await startScheduler({
      ...{ jobs, storage, clock, holder },
      report: (job, cause) => log.error({ job, err: cause }, "job failed"),
    }),
    (scheduler) => scheduler.close(),
  );
  return stack.move();
}
