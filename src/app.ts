// The composition root: the parts of the service in the order in which they start. They end in the opposite one.

import type { ConnectRouter } from "@connectrpc/connect";
import { createAccessDirectory } from "./access/access-directory.ts";
import { raiseVersion } from "./access/access-storage.ts";
import { createAddressLimiter } from "./access/address-limiter.ts";
import { createPersonAdmission } from "./access/admit-person.ts";
import { createAuthenticator, refusedCaller } from "./access/authenticate.ts";
import { readCredential } from "./access/credential.ts";
import { refuseForbiddenOrigins } from "./access/forbidden-origin.ts";
import { createFranceConnectCallerFinder } from "./access/france-connect-client.ts";
import { redactTokens, refuseTokenInTarget } from "./access/token-in-text.ts";
import { createAdministration } from "./assembly/administration.ts";
import { openAvailability } from "./assembly/availability.ts";
import { startBackground } from "./assembly/background.ts";
import { createDashboardMails } from "./assembly/dashboard-mails.ts";
import { createDashboardRoutes } from "./assembly/dashboard-routes.ts";
import { findPerson } from "./assembly/find-person.ts";
import { createScheduling } from "./assembly/jobs.ts";
import { originOf } from "./assembly/local-origin.ts";
import { findRecipients } from "./assembly/mail-recipients.ts";
import { createNotices, followChanges } from "./assembly/notices.ts";
import { openJournalKeys } from "./assembly/open-journal-keys.ts";
import { createOutboxes } from "./assembly/outboxes.ts";
import { createServices } from "./assembly/services.ts";
import { callerIdsOf } from "./assembly/trace-holders.ts";
import { openWatchers } from "./assembly/watchers.ts";
import { createLedger } from "./audit/ledger.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { createFranceConnect } from "./france-connect/create-france-connect.ts";
import { readFranceConnectSettings } from "./france-connect/france-connect-settings.ts";
import { createGuard } from "./guard/create-guard.ts";
import { createCommuneDirectory } from "./identity/communes.ts";
import { createJournal } from "./journal/create-journal.ts";
import { createJournalReader } from "./journal/journal-storage.ts";
import { createLastUses } from "./journal/last-use-storage.ts";
import { createRollupReader } from "./journal/rollup-reader-storage.ts";
import { type Logger, reportRequests } from "./log.ts";
import { createMailStorage } from "./mail/mail-storage.ts";
import { createMails } from "./mail/mails.ts";
import { listAnnouncedWindows } from "./notice/maintenance-storage.ts";
import { createPings } from "./particulier/pings.ts";
import { watchReadiness } from "./particulier/readiness.ts";
import { version2Surface } from "./particulier/version-2-surface.ts";
import { version3Surface } from "./particulier/version-3-surface.ts";
import { createInstitutionDirectory } from "./referential/institution-storage.ts";
import { createStudentStorage } from "./referential/student-storage.ts";
import type { Call } from "./request/call.ts";
import { decorateMethods } from "./request/decorate-methods.ts";
import { listen } from "./request/listener.ts";
import { createMoved, createPages } from "./request/pages.ts";
import { createPipeline } from "./request/pipeline.ts";
import { createKeyDocument, createProbes } from "./request/probes.ts";
import { createRoutes } from "./request/routes.ts";
import { createSessions } from "./session/session.ts";
import { type Database, locateDatabase, openDatabase } from "./storage/database.ts";
import { migrate } from "./storage/migrate.ts";
import { refuseInvalid } from "./validation/refuse-invalid.ts";

export interface App {
  readonly port: number;
  /** Refuses new calls, lets running ones end, flushes the journal, closes everything: within 10 s. */
  close(): Promise<void>;
}

/** Time that running calls get when the service stops, in milliseconds. */
const graceMs = 4000;

/**
 * Starts the service. `prepare` runs on the migrated main database before anything reads it; `openJournal` is for
 * the bench, which measures what the journal costs.
 */
export async function startApp(
  config: Config,
  clock: Clock,
  log: Logger,
  prepare: (main: Database) => Promise<void> = async () => {},
  openJournal: typeof createJournal = createJournal,
): Promise<App> {
  const franceConnectSettings = readFranceConnectSettings(config);
  await using stack = new AsyncDisposableStack();
  const place = { dataDir: config.DATA_DIR, databaseUrl: config.DATABASE_URL };
  const main = stack.adopt(openDatabase(locateDatabase(place, "main")), (database) => database.close());
  const journalPlace = locateDatabase(place, "journal");
  const journalDatabase = stack.adopt(openDatabase(journalPlace), (database) => database.close());
  await migrate(main.knex, "main");
  await migrate(journalDatabase.knex, "journal");
  await prepare(main);

  const keys = await openJournalKeys(config, journalDatabase);
  const access = stack.adopt(
    await createAccessDirectory({
      database: main,
      clock,
      report: (cause) => log.error({ err: cause }, "access directory"),
    }),
    (directory) => directory.close(),
  );
  const ledger = createLedger({ database: main, clock, raiseVersion });
  const sessions = createSessions({ database: main, clock, ledger, findPerson });
  let port = config.PORT;
  const origin = () => originOf(config, port);
  const outboxes = createOutboxes(config, clock);
  const { outbox, codeOutbox } = outboxes;
  const administration = createAdministration({
    database: main,
    ledger,
    sessions,
    clock,
    ...outboxes,
    origin,
  });
  const notices = createNotices({ database: main, clock, ledger, outbox, findRecipients });
  const goingAway = stack.adopt(
    await followChanges({
      database: main,
      report: (cause) => log.error({ err: cause }, "announced changes"),
    }),
    (directory) => directory.close(),
  );
  const institutions = stack.adopt(createInstitutionDirectory(main, clock), (directory) => directory.close());
  await institutions.refresh();
  const journal = stack.adopt(
    await openJournal({
      database: journalPlace,
      keys,
      clock,
      onError: (error) => log.error({ err: error }, "journal"),
    }),
    (open) => open.close(),
  );
  const guard = stack.adopt(
    await createGuard({
      callsPerSecond: config.CALLS_PER_SECOND,
      tokenCallsPerSecond: config.TOKEN_CALLS_PER_SECOND,
      queueMaxWaitMs: config.QUEUE_MAX_WAIT_MS,
      instances: config.INSTANCES,
      redisUrl: config.REDIS_URL,
      clock,
      onModeChange: (change) => log.warn(change, "guard mode"),
    }),
    (open) => open.close(),
  );

  const communes = createCommuneDirectory();
  const shutdown = new AbortController();
  const rollups = createRollupReader(journalDatabase);
  const availability = openAvailability({
    ...{ config, clock, rollups, database: journalDatabase },
    maintenanceWindows: (from, until) => listAnnouncedWindows(main.knex, from, until),
    report: (cause) => log.error({ err: cause }, "availability"),
  });
  const serving = () => !shutdown.signal.aborted && access.healthy && journal.healthy;
  const readiness = stack.adopt(watchReadiness(serving, clock), (watch) => watch.close());
  const addressLimiter = createAddressLimiter(clock);
  const franceConnect =
    franceConnectSettings &&
    stack.adopt(
      createFranceConnect({
        settings: franceConnectSettings,
        communes,
        clock,
        findCaller: createFranceConnectCallerFinder(access),
        reserveRefusal: addressLimiter.reserve,
        countRefusal: addressLimiter.countRefusal,
        report: (cause) => log.error({ err: cause }, "FranceConnect"),
      }),
      (open) => open.close(),
    );
  const scheduling = createScheduling({
    ...{ database: main, journalDatabase, clock, ledger, outbox, findRecipients, origin },
    terms: administration.terms,
  });
  const register = createServices({
    config,
    clock,
    database: main,
    ledger,
    students: createStudentStorage(main),
    institutions,
    communes,
    journalReader: createJournalReader(journalDatabase, keys),
    journalKeys: keys,
    lastUses: createLastUses(journalDatabase),
    sessions,
    administration,
    rollups,
    tokenIdsOf: (partnerId) => callerIdsOf(main.knex, partnerId),
    availability: availability.reports,
    notices,
    mails: createMails({ storage: createMailStorage(main), ledger }),
    jobs: scheduling.useCases,
    serving,
    identifyUser: franceConnect?.identifyUser,
  });
  const report = reportRequests(log, clock);
  const around = {
    refuseInvalid,
    report: (call: Call | undefined, cause: unknown) => report(call?.requestId ?? "", cause),
  };
  const registerDecorated = (router: ConnectRouter) => register(decorateMethods(router, around));
  const admitPerson = createPersonAdmission(clock);
  const dashboard = stack.adopt(
    createDashboardRoutes({
      config,
      clock,
      database: main,
      ledger,
      sessions,
      register: registerDecorated,
      admitPerson,
      mails: createDashboardMails(codeOutbox),
      ...{ origin, serving },
      report: (cause) => log.error({ err: cause }, "sign-in link"),
    }),
    (open) => open.close(),
  );
  const routes = createRoutes({
    register: registerDecorated,
    maxBodyBytes: config.MAX_BODY_BYTES,
    maxDeadlineMs: config.MAX_DEADLINE_MS,
    shutdownSignal: shutdown.signal,
    lean: config.LEAN_LANE === "on",
    surfaces: [version3Surface, version2Surface],
    probes: new Map([
      ...createProbes([
        ["access", () => access.healthy],
        ["journal", () => journal.healthy],
        ["running", () => !shutdown.signal.aborted],
      ]),
      ...createPings(readiness),
      ...createKeyDocument(franceConnect?.publishedKeys),
      ...createPages(availability.pages(serving)),
      ...createMoved({ "/status": "/etat-du-service" }),
    ]),
    pages: dashboard.pages,
  });
  const watchers = await openWatchers({
    ...{ config, guard, journal },
    databases: { main, journal: journalDatabase },
    report: (cause) => log.error({ err: cause }, "watching"),
  });
  stack.adopt(watchers, (open) => open.close());
  const authenticate = createAuthenticator(access, clock);
  const { serve, refuseUnreadable } = createPipeline({
    clock,
    routes,
    guard,
    journal,
    maxDeadlineMs: config.MAX_DEADLINE_MS,
    trustedProxies: config.TRUSTED_PROXIES,
    authenticate: availability.recognizeProbe((headers, clientAddress) =>
      authenticate({ authorization: headers.authorization, apiKey: headers["x-api-key"], clientAddress }),
    ),
    authenticatePerson: (headers) =>
      sessions.authenticate(
        readCredential({ authorization: headers.authorization, apiKey: headers["x-api-key"] }),
      ),
    admitPerson,
    refusedCaller,
    refuseForbidden(headers, target, isPage) {
      if (!isPage) refuseForbiddenOrigins(headers);
      refuseTokenInTarget(target);
    },
    countRefusal: (address) => addressLimiter.countRefusal(address),
    redact: redactTokens,
    observe: watchers.observe,
    goingAway: goingAway.headersOf,
    report,
  });
  const listener = stack.adopt(
    await listen({
      host: config.HOST,
      port: config.PORT,
      tls:
        config.TLS_CERT === undefined || config.TLS_KEY === undefined
          ? undefined
          : { cert: config.TLS_CERT, key: config.TLS_KEY },
      lean: config.LEAN_LANE === "on",
      exchangeTimeoutMs: config.MAX_DEADLINE_MS + 5000,
      monotonic: clock.monotonic,
      handle: serve,
      refuse: refuseUnreadable,
    }),
    (open) => {
      shutdown.abort();
      return open.close(graceMs);
    },
  );
  port = listener.port;
  stack.adopt(availability.start(listener.port), (stop) => stop());
  stack.use(await startBackground({ database: main, clock, scheduling }, config, log));
  // In the background, or the first search by birthplace would wait for it.
  communes.load().catch((cause: unknown) => log.error({ err: cause }, "communes"));
  const running = stack.move();
  return { port: listener.port, close: () => running.disposeAsync() };
}
