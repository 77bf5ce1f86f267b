// The process: configuration, start, signals.
import { startApp } from "../app.ts";
import { createLog } from "../log.ts";
import { type AddCommand, type CommandContext, exitCode } from "./command.ts";
import type { Demonstration, openDemonstration } from "./demonstration.ts";

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

async function serve(context: CommandContext, isDemonstration: boolean, withTraffic: boolean): Promise<void> {
  const given = context.config(isDemonstration);
  const log = createLog(given.LOG_LEVEL);
  // Whatever stops the start, the demonstration's own FranceConnect must not keep the process alive.
  await using stack = new AsyncDisposableStack();
  const demonstration = isDemonstration
    ? stack.adopt(await loadDemonstration(given, context.clock, withTraffic), (open) => open.close())
    : undefined;
  const config = demonstration?.config ?? given;
  const app = await startApp(config, context.clock, log, demonstration?.prepare, demonstration?.openJournal);
  const scheme = config.TLS_CERT === undefined ? "http" : "https";
  const host = config.HOST.includes(":") ? `[${config.HOST}]` : config.HOST;
  const origin = `${scheme}://${host}:${app.port}`;
  if (demonstration !== undefined) context.stdout.write(demonstration.describe(origin));
  // Whoever reads that it listens may stop it at once.
  const stopped = stopSignal();
  context.stdout.write(`listening on ${origin}\n`);
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

/** Loaded for a demonstration only: it brings the import, tokens and terms with it. */
async function loadDemonstration(...options: Parameters<typeof openDemonstration>): Promise<Demonstration> {
  return await (await import("./demonstration.ts")).openDemonstration(...options);
}

function stopSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  process.once("SIGTERM", resolve);
  process.once("SIGINT", resolve);
  return promise;
}
