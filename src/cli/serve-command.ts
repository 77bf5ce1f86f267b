// The process: configuration, start, signals.
import { raiseVersion } from "../access/access-storage.ts";
import {
  ensureDemonstrationAccess,
  ensureDemonstrationClient,
  refuseOtherPartners,
} from "../access/demonstration.ts";
import { startApp } from "../app.ts";
import { systemActor } from "../audit/actor.ts";
import { createLedger } from "../audit/ledger.ts";
import { createJournal } from "../journal/create-journal.ts";
import { hasLines } from "../journal/journal-storage.ts";
import { createLog } from "../log.ts";
import { seedDemonstration } from "../referential/seed-demonstration.ts";
import { type Database, type DatabaseLocation, openDatabase } from "../storage/database.ts";
import { ensureDemonstrationTerms } from "../terms/demonstration-terms.ts";
import { type AddCommand, type CommandContext, exitCode } from "./command.ts";
import {
  type DemonstrationPeople,
  describePeople,
  ensureDemonstrationPeople,
} from "./demonstration-people.ts";
import { addTraffic, findTrafficOwner, type TrafficOwner } from "./demonstration-traffic.ts";
import { startDemonstrationUser } from "./demonstration-user.ts";
import { describeDemonstration } from "./describe-demonstration.ts";
import { findClientOwner } from "./find-client-owner.ts";
import { issueAtTerminal } from "./issue-at-terminal.ts";

export const addServeCommand: AddCommand = (program, context) => {
  program
    .command("serve")
    .description("Runs the service until SIGTERM or SIGINT.")
    .option(
      "--demonstration",
      "load fictitious students and print a token and examples (never in production)",
    )
    .option("--traffic", "with --demonstration: begin with a month of fictitious calls to look at")
    .addHelpText("after", "\nExample:\n  PORT=8080 statut serve --demonstration")
    .action(({ demonstration, traffic }: { demonstration?: true; traffic?: true }) =>
      serve(context, demonstration === true, traffic === true),
    );
};

async function serve(context: CommandContext, demonstration: boolean, withTraffic: boolean): Promise<void> {
  const given = context.config(demonstration);
  const log = createLog(given.LOG_LEVEL);
  // Whatever stops the start, the stand-in must not keep the process alive.
  await using stack = new AsyncDisposableStack();
  const user =
    demonstration && given.FRANCE_CONNECT === "stand-in"
      ? stack.adopt(await startDemonstrationUser(given.DATA_DIR, context.clock), ({ standIn }) =>
          standIn.close(),
        )
      : undefined;
  const config = { ...given, ...user?.standIn.config };
  let token: string | undefined;
  let people: DemonstrationPeople | undefined;
  let trafficOwner: TrafficOwner | undefined;
  const prepare = async (main: Database) => {
    if (!demonstration) return;
    await refuseOtherPartners(main);
    await seedDemonstration(main, context.clock);
    const ledger = createLedger({ database: main, clock: context.clock, raiseVersion });
    await ensureDemonstrationTerms(ledger);
    token = await ensureDemonstrationAccess(main, context.clock, config.DATA_DIR, (request) =>
      issueAtTerminal(ledger, systemActor("demonstration"), request),
    );
    await ensureDemonstrationClient(main, ledger, findClientOwner);
    people = await ensureDemonstrationPeople(main, context.clock);
    if (withTraffic) trafficOwner = await findTrafficOwner(main, token);
  };
  const openJournal: typeof createJournal = async (options) => {
    const isNew = trafficOwner !== undefined && !(await hasTraffic(options.database));
    const journal = await createJournal(options);
    if (isNew && trafficOwner !== undefined) await addTraffic(journal, trafficOwner, context.clock);
    return journal;
  };
  const app = await startApp(config, context.clock, log, prepare, openJournal);
  const scheme = config.TLS_CERT === undefined ? "http" : "https";
  const host = config.HOST.includes(":") ? `[${config.HOST}]` : config.HOST;
  const origin = `${scheme}://${host}:${app.port}`;
  if (token !== undefined) context.stdout.write(describeDemonstration(origin, token, user?.token));
  if (people !== undefined) context.stdout.write(describePeople(config.PUBLIC_ORIGIN ?? origin, people));
  context.stdout.write(`listening on ${origin}\n`);
  const stopped = stopSignal();
  try {
    // What could not be loaded stops the service: it would lack a part.
    await Promise.race([app.complete, stopped]);
    log.info({ signal: await stopped }, "stopping");
  } finally {
    await app.close();
  }
  log.info("stopped");
  context.setExitCode(exitCode.done);
}

async function hasTraffic(location: DatabaseLocation): Promise<boolean> {
  const database = openDatabase(location);
  try {
    return await hasLines(database);
  } finally {
    await database.close();
  }
}

function stopSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  process.once("SIGTERM", resolve);
  process.once("SIGINT", resolve);
  return promise;
}
