// The composition root: the parts of the service in the order in which they start. They end in the opposite one.
import { createAccessDirectory } from "./access/access-directory.ts";
import { raiseVersion } from "./access/access-storage.ts";
import { createAddressLimiter } from "./access/address-limiter.ts";
import { createPersonAdmission } from "./access/admit-person.ts";
import { createAuthenticator, refusedCaller } from "./access/authenticate.ts";
import { readCredential } from "./access/credential.ts";
import { refuseForbiddenOrigins } from "./access/forbidden-origin.ts";
import { redactTokens, refuseTokenInTarget } from "./access/token-in-text.ts";
import { createLedger } from "./audit/ledger.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { findPerson } from "./find-person.ts";
import { createGuard } from "./guard/create-guard.ts";
import { createCommuneDirectory } from "./identity/communes.ts";
import { createJournal } from "./journal/create-journal.ts";
import { loadJournalKeys, loadOrCreateJournalKeys, parseJournalKeys } from "./journal/journal-keys.ts";
import { createJournalReader, hasLines } from "./journal/journal-storage.ts";
import { type Logger, limitLines } from "./log.ts";
import { createPings } from "./particulier/pings.ts";
import { watchReadiness } from "./particulier/readiness.ts";
import { version2Surface } from "./particulier/version-2-surface.ts";
import { version3Surface } from "./particulier/version-3-surface.ts";
import { createInstitutionDirectory } from "./referential/institution-storage.ts";
import { createStudentStorage } from "./referential/student-storage.ts";
import type { Call } from "./request/call.ts";
import { decorateMethods } from "./request/decorate-methods.ts";
import { listen } from "./request/listener.ts";
import { createPipeline } from "./request/pipeline.ts";
import { createProbes } from "./request/probes.ts";
import { createRoutes } from "./request/routes.ts";
import { createServices } from "./services.ts";
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
  await using stack = new AsyncDisposableStack();
  const place = { dataDir: config.DATA_DIR, databaseUrl: config.DATABASE_URL };
  const main = stack.adopt(openDatabase(locateDatabase(place, "main")), (database) => database.close());
  const journalPlace = locateDatabase(place, "journal");
  const journalDatabase = stack.adopt(openDatabase(journalPlace), (database) => database.close());
  await migrate(main.knex, "main");
  await migrate(journalDatabase.knex, "journal");
  await prepare(main);

  const keys =
    config.JOURNAL_KEYS === undefined
      ? await loadKeys(journalDatabase, config.DATA_DIR)
      : parseJournalKeys(config.JOURNAL_KEYS);
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
  const register = createServices({
    config,
    clock,
    students: createStudentStorage(main),
    institutions,
    communes,
    journalReader: createJournalReader(journalDatabase, keys),
    sessions,
    serving,
  });
  const mayWrite = limitLines(clock.monotonic, (suppressed) =>
    log.error({ suppressed }, "more requests failed"),
  );
  const report = (requestId: string, cause: unknown) => {
    if (mayWrite()) log.error({ requestId, err: cause }, "request failed");
  };
  const around = {
    refuseInvalid,
    report: (call: Call | undefined, cause: unknown) => report(call?.requestId ?? "", cause),
  };
  const routes = createRoutes({
    register: (router) => register(decorateMethods(router, around)),
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
    ]),
  });
  const addressLimiter = createAddressLimiter(clock);
  const authenticate = createAuthenticator(access, clock);
  const { serve, refuseUnreadable } = createPipeline({
    clock,
    routes,
    guard,
    journal,
    maxDeadlineMs: config.MAX_DEADLINE_MS,
    trustedProxies: config.TRUSTED_PROXIES,
    authenticate: (headers, clientAddress) =>
      authenticate({
        authorization: headers.authorization,
        apiKey: headers["x-api-key"],
        clientAddress,
      }),
    authenticatePerson: (headers) =>
      sessions.authenticate(
        readCredential({ authorization: headers.authorization, apiKey: headers["x-api-key"] }),
      ),
    admitPerson: createPersonAdmission(clock),
    refusedCaller,
    refuseForbidden(headers, target) {
      refuseForbiddenOrigins(headers);
      refuseTokenInTarget(target);
    },
    countRefusal: (address) => addressLimiter.countRefusal(address),
    redact: redactTokens,
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
      exchangeTimeoutMs: config.MAX_DEADLINE_MS + 5000,
      handle: serve,
      refuse: refuseUnreadable,
    }),
    (open) => {
      shutdown.abort();
      return open.close(graceMs);
    },
  );
  // In the background, or the first search by birthplace would wait for it.
  communes.load().catch((cause: unknown) => log.error({ err: cause }, "communes"));
  const running = stack.move();
  return { port: listener.port, close: () => running.disposeAsync() };
}

/** Keys are made for a journal without lines only: others would open nothing of it. */
async function loadKeys(journal: Database, dataDir: string) {
  return (await hasLines(journal)) ? loadJournalKeys(dataDir) : loadOrCreateJournalKeys(dataDir);
}
