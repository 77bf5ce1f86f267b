// The composition root: the parts of the service in the order in which they start. They end in the opposite one. What looks
// students up is put together here and answers as soon as the port listens; the rest, the office, is loaded behind it.

import { setTimeout as pause } from "node:timers/promises";
import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { createAccessDirectory } from "./access/access-directory.ts";
import { createAddressLimiter } from "./access/address-limiter.ts";
import { createPersonAdmission } from "./access/admit-person.ts";
import { createAuthenticator, refusedCaller } from "./access/authenticate.ts";
import { refuseForbiddenOrigins } from "./access/forbidden-origin.ts";
import { createFranceConnectCallerFinder } from "./access/france-connect-client.ts";
import { redactTokens, refuseTokenInTarget } from "./access/token-in-text.ts";
import { betweenPieces, loadOffice } from "./assembly/load-office.ts";
import { originOf } from "./assembly/local-origin.ts";
import { createLookupServices } from "./assembly/lookup-services.ts";
import type { Office } from "./assembly/office.ts";
import { openJournalKeys } from "./assembly/open-journal-keys.ts";
import { openStrangerLines } from "./assembly/open-stranger-lines.ts";
import { createProbeAccess } from "./assembly/probe-access.ts";
import { openWatchers } from "./assembly/watchers.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { readFranceConnectSettings } from "./france-connect/france-connect-settings.ts";
import { createGuard } from "./guard/create-guard.ts";
import { createCommuneDirectory } from "./identity/communes.ts";
import { createJournal } from "./journal/create-journal.ts";
import { Lazy } from "./lazy.ts";
import { type Logger, reportRequests } from "./log.ts";
import { followChanges } from "./notice/going-away.ts";
import { createPings } from "./particulier/pings.ts";
import { watchReadiness } from "./particulier/readiness.ts";
import { version2Surface } from "./particulier/version-2-surface.ts";
import { version3Surface } from "./particulier/version-3-surface.ts";
import { createInstitutionDirectory } from "./referential/institution-storage.ts";
import { createStudentStorage } from "./referential/student-storage.ts";
import type { Call } from "./request/call.ts";
import { isTrustedProxy } from "./request/client-address.ts";
import { decorateMethods } from "./request/decorate-methods.ts";
import { createLateRoutes, noPages } from "./request/late-routes.ts";
import { listen } from "./request/listener.ts";
import { createMoved } from "./request/pages.ts";
import { createPipeline } from "./request/pipeline.ts";
import { createKeyDocument, createProbes } from "./request/probes.ts";
import { createRoutes } from "./request/routes.ts";
import { type Database, locateDatabase, openDatabase } from "./storage/database.ts";
import { migrate } from "./storage/migrate.ts";
import { refuseInvalid } from "./validation/refuse-invalid.ts";

export interface App {
  readonly port: number;
  /** Resolves when all is there, and not only lookups. When it rejects, the service is to be closed: a part is missing. */
  readonly complete: Promise<void>;
  /** Refuses new calls, lets running ones end, flushes the journal, closes everything: within 10 s. */
  close(): Promise<void>;
}

/** Time that running calls get when the service stops, in milliseconds. */
const graceMs = 4000;

/** Calls that have waited for the port come first, and the office after this time, in milliseconds, unless one asks for it. */
const officeDelayMs = 100;
const officeAttempts = 5;
const officeRetryMs = 1000;

/**
 * Starts the service: when it resolves, lookups are answered, and whatever else is asked for waits for `complete`. `prepare` runs on the migrated main database before anything reads it; `openJournal` is for
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
  const serving = () => !shutdown.signal.aborted && access.healthy && journal.healthy;
  const readiness = stack.adopt(watchReadiness(serving, clock), (watch) => watch.close());
  const addressLimiter = createAddressLimiter(clock);
  const franceConnect =
    franceConnectSettings &&
    stack.adopt(
      (await import("./france-connect/create-france-connect.ts")).createFranceConnect({
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
  const lookups = createLookupServices({
    ...{ config, clock, institutions, communes },
    students: createStudentStorage(main),
    identifyUser: franceConnect?.identifyUser,
  });
  const report = reportRequests(log, clock);
  const around = {
    refuseInvalid: (schema: DescMessage, message: Message) =>
      refuseInvalid(schema, message, lookups.crossCheck(schema)),
    report: (call: Call | undefined, cause: unknown) => report(call?.requestId ?? "", cause),
  };
  const decorate = (router: ConnectRouter) => decorateMethods(router, around);
  const admitPerson = createPersonAdmission(clock);
  const routesOf = (office?: Office) =>
    createRoutes({
      register(router) {
        lookups.register(decorate(router));
        office?.register(router);
      },
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
        ...createMoved({ "/status": "/etat-du-service" }),
        ...(office?.probes ?? []),
      ]),
      pages: office?.pages ?? noPages,
    });
  const probeAccess = createProbeAccess();
  let port = config.PORT;
  const office = new Lazy(async () => {
    const openOffice = await loadOffice();
    const opened = openOffice({
      ...{ config, clock, log, main, journalDatabase, keys, admitPerson, decorate, serving },
      origin: () => originOf(config, port),
      probeSecret: probeAccess.secret,
    });
    await betweenPieces();
    routes.complete(routesOf(opened));
    await betweenPieces();
    return opened;
  });
  stack.defer(() => office.end((opened) => opened.close()));
  const routes = createLateRoutes(routesOf(), () => office.get());
  const strangerLines = stack.adopt(openStrangerLines({ config, clock, log }), (open) => open.close());
  const watchers = await openWatchers({
    ...{ config, guard, journal, strangerLines },
    databases: { main, journal: journalDatabase },
    report: (cause) => log.error({ err: cause }, "watching"),
  });
  stack.adopt(watchers, (open) => open.close());
  const authenticate = createAuthenticator(access, clock);
  const { serve, refuseUnreadable, refuseRest } = createPipeline({
    clock,
    routes,
    guard,
    journal,
    maxDeadlineMs: config.MAX_DEADLINE_MS,
    trustedProxies: config.TRUSTED_PROXIES,
    authenticate: probeAccess.recognizeProbe((headers, clientAddress) =>
      authenticate({ authorization: headers.authorization, apiKey: headers["x-api-key"], clientAddress }),
    ),
    authenticatePerson: async (headers) => (await office.get()).authenticatePerson(headers),
    admitPerson,
    refusedCaller,
    refuseForbidden(headers, target, isPage) {
      if (!isPage) refuseForbiddenOrigins(headers);
      return refuseTokenInTarget(target);
    },
    countRefusal: (address) => addressLimiter.countRefusal(address),
    strangerLines,
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
      isProxy: (address) => isTrustedProxy(address, config.TRUSTED_PROXIES),
      lean: config.LEAN_LANE === "on",
      exchangeTimeoutMs: config.MAX_DEADLINE_MS + 5000,
      monotonic: clock.monotonic,
      handle(exchange, arrivedAt) {
        const known = routes.untilKnown(exchange);
        if (known === undefined) return serve(exchange, arrivedAt);
        return known.then(
          () => serve(exchange, arrivedAt),
          () => exchange.destroy(),
        );
      },
      refuse: refuseUnreadable,
      refuseRest,
      report: (cause) => log.error({ err: cause }, "HTTP/2"),
    }),
    (open) => {
      shutdown.abort();
      return open.close(graceMs);
    },
  );
  port = listener.port;
  const running = stack.move();
  const closing = new AbortController();
  const complete = completeStart();
  // Whoever starts the service asks for it, if late.
  complete.catch(() => {});
  return {
    port,
    complete,
    async close() {
      closing.abort();
      await complete.catch(() => {});
      await running.disposeAsync();
    },
  };

  async function completeStart(): Promise<void> {
    await pause(officeDelayMs, undefined, { signal: closing.signal }).catch(() => {});
    if (closing.signal.aborted) return;
    await startOffice(await office.get());
    // In the background, or the first search by birthplace would wait for it.
    communes.load().catch((cause: unknown) => log.error({ err: cause }, "communes"));
    log.info("complete");
  }

  /** A database that is busy for a moment must not end a service that answers lookups. */
  async function startOffice(opened: Office): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        running.use(await opened.start(port));
        return;
      } catch (cause) {
        if (attempt === officeAttempts || closing.signal.aborted) throw cause;
        log.error({ err: cause }, "start of the office");
        await pause(officeRetryMs, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
  }
}
