// The office: all that is no lookup. People administer, read and are told here; jobs run, mail leaves, the availability is
// measured. It is loaded once lookups are answered (load-office.ts). Part of the composition root.
import type { IncomingHttpHeaders } from "node:http";
import type { ConnectRouter } from "@connectrpc/connect";
import { raiseVersion } from "../access/access-storage.ts";
import type { AdmitPerson } from "../access/admit-person.ts";
import { readCredential } from "../access/credential.ts";
import type { SignedIn } from "../access/person.ts";
import { createLedger } from "../audit/ledger.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { JournalKeys } from "../journal/journal-keys.ts";
import { createJournalReader } from "../journal/journal-storage.ts";
import { createLastUses } from "../journal/last-use-storage.ts";
import { createRollupReader } from "../journal/rollup-reader-storage.ts";
import type { Logger } from "../log.ts";
import { createMailStorage } from "../mail/mail-storage.ts";
import { createMails } from "../mail/mails.ts";
import { listAnnouncedWindows } from "../notice/maintenance-storage.ts";
import { createPages } from "../request/pages.ts";
import type { PageRoutes, Route } from "../request/routes.ts";
import { createSessions } from "../session/session.ts";
import type { Database } from "../storage/database.ts";
import { createAdministration } from "./administration.ts";
import { openAvailability } from "./availability.ts";
import { startBackground } from "./background.ts";
import { createDashboardMails } from "./dashboard-mails.ts";
import { createDashboardRoutes } from "./dashboard-routes.ts";
import { findPerson } from "./find-person.ts";
import { createScheduling } from "./jobs.ts";
import { findRecipients } from "./mail-recipients.ts";
import { createNotices } from "./notices.ts";
import { createOutboxes } from "./outboxes.ts";
import { createServices } from "./services.ts";
import { callerIdsOf } from "./trace-holders.ts";

export interface OfficeParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly main: Database;
  readonly journalDatabase: Database;
  readonly keys: JournalKeys;
  readonly admitPerson: AdmitPerson;
  /** Puts around every method what happens around it. */
  readonly decorate: (router: ConnectRouter) => ConnectRouter;
  /** Whether lookups can be answered now. */
  readonly serving: () => boolean;
  /** Where browsers see this service. */
  readonly origin: () => string;
  /** What the self-probe shows to get in. */
  readonly probeSecret: string;
}

export interface Office {
  /** Registers its services. */
  readonly register: (router: ConnectRouter) => void;
  readonly pages: PageRoutes;
  /** Its routes that are no methods, by path. */
  readonly probes: ReadonlyMap<string, Route>;
  /** The person of a session. Errors: `session_missing`, `session_unknown`. */
  authenticatePerson(headers: IncomingHttpHeaders): Promise<SignedIn>;
  /** Does by itself what nobody calls for, from now on; what is returned ends it. */
  start(port: number): Promise<AsyncDisposable>;
  /** Sends what people have asked for. */
  close(): Promise<void>;
}

export function openOffice(parts: OfficeParts): Office {
  const { config, clock, log, main: database, journalDatabase, keys, serving, origin } = parts;
  const ledger = createLedger({ database, clock, raiseVersion });
  const sessions = createSessions({ database, clock, ledger, findPerson });
  const outboxes = createOutboxes(config, clock);
  const { outbox, codeOutbox } = outboxes;
  const administration = createAdministration({
    ...{ database, ledger, sessions, clock, origin },
    ...outboxes,
  });
  const rollups = createRollupReader(journalDatabase);
  const availability = openAvailability({
    ...{ config, clock, rollups, database: journalDatabase, probeSecret: parts.probeSecret },
    maintenanceWindows: (from, until) => listAnnouncedWindows(database.knex, from, until),
    report: (cause) => log.error({ err: cause }, "availability"),
  });
  const scheduling = createScheduling({
    ...{ database, journalDatabase, clock, ledger, outbox, findRecipients, origin },
    terms: administration.terms,
  });
  const registerPlain = createServices({
    ...{ config, clock, database, ledger, sessions, administration, rollups, serving },
    journalReader: createJournalReader(journalDatabase, keys),
    journalKeys: keys,
    lastUses: createLastUses(journalDatabase),
    tokenIdsOf: (partnerId) => callerIdsOf(database.knex, partnerId),
    availability: availability.reports,
    notices: createNotices({ database, clock, ledger, outbox, findRecipients }),
    mails: createMails({ storage: createMailStorage(database), ledger }),
    jobs: scheduling.useCases,
  });
  const register = (router: ConnectRouter) => registerPlain(parts.decorate(router));
  const dashboard = createDashboardRoutes({
    ...{ config, clock, database, ledger, sessions, register, origin, serving },
    admitPerson: parts.admitPerson,
    mails: createDashboardMails(codeOutbox),
    report: (cause) => log.error({ err: cause }, "sign-in link"),
  });
  return {
    register,
    pages: dashboard.pages,
    probes: createPages(availability.pages(serving)),
    authenticatePerson: (headers) =>
      sessions.authenticate(
        readCredential({ authorization: headers.authorization, apiKey: headers["x-api-key"] }),
      ),
    async start(port) {
      await using stack = new AsyncDisposableStack();
      stack.defer(availability.start(port));
      stack.use(await startBackground({ database, clock, scheduling }, config, log));
      return stack.move();
    },
    close: dashboard.close,
  };
}
