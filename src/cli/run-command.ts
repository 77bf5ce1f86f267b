// The commands of `statut`. Each is a file of its own; this one adds them, runs the one that was called, and turns what it
// throws into messages and exit codes.
import { Command, CommanderError } from "commander";
import { ConfigError } from "../config.ts";
import { ServiceError } from "../errors.ts";
import { type AddCommand, type CommandContext, exitCode } from "./command.ts";

/** In the order of the help. Only the file of the command that is called is read: `serve` brings the whole service. */
const commands: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ["serve", async () => (await import("./serve-command.ts")).addServeCommand],
  ["migrate", async () => (await import("./migrate-command.ts")).addMigrateCommand],
  ["backup", async () => (await import("./backup-command.ts")).addBackupCommand],
  ["import", async () => (await import("./import-command.ts")).addImportCommand],
  ["generate", async () => (await import("./generate-command.ts")).addGenerateCommand],
  ["token", async () => (await import("./token-command.ts")).addTokenCommand],
  ["procedure", async () => (await import("./procedure-command.ts")).addProcedureCommand],
  ["partner", async () => (await import("./partner-command.ts")).addPartnerCommand],
  ["france-connect", async () => (await import("./france-connect-command.ts")).addFranceConnectCommand],
  ["operator", async () => (await import("./operator-command.ts")).addOperatorCommand],
  ["login-link", async () => (await import("./login-link-command.ts")).addLoginLinkCommand],
  ["contact", async () => (await import("./contact-command.ts")).addContactCommand],
  ["terms", async () => (await import("./terms-command.ts")).addTermsCommand],
  ["breach", async () => (await import("./breach-command.ts")).addBreachCommand],
  ["audit", async () => (await import("./audit-command.ts")).addAuditCommand],
  ["statistics", async () => (await import("./statistics-command.ts")).addStatisticsCommand],
  ["availability", async () => (await import("./availability-command.ts")).addAvailabilityCommand],
  ["notice", async () => (await import("./notice-command.ts")).addNoticeCommand],
  ["mail", async () => (await import("./mail-command.ts")).addMailCommand],
  ["jobs", async () => (await import("./jobs-command.ts")).addJobsCommand],
  ["journal", async () => (await import("./journal-command.ts")).addJournalCommand],
]);

async function createProgram(context: CommandContext, called: string): Promise<Command> {
  const program = new Command("statut")
    .description("Operates the student-status service.")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(--help tells more)")
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .addHelpText(
      "after",
      `
The configuration comes from the environment (PORT, DATA_DIR, DATABASE_URL, …).
Exit codes: ${exitCode.done} done, ${exitCode.failed} failed, ${exitCode.usage} bad arguments or configuration, ${exitCode.refusals} done but for refused items.`,
    );
  const one = commands.get(called);
  // Help and mistyped names need them all.
  for (const load of one === undefined ? [...commands.values()] : [one]) (await load())(program, context);
  return program;
}

/** Exit code of what a command threw, once it is told on standard error. */
function explainFailure(error: unknown, stderr: NodeJS.WriteStream): number {
  // Commander has printed its own message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.usage;
  if (error instanceof ConfigError) return tell(error.message, exitCode.usage);
  if (error instanceof ServiceError && error.id === "invalid_request") {
    for (const { field, description } of error.options.violations ?? []) {
      tell(`${field} ${description}`, exitCode.usage);
    }
    return exitCode.usage;
  }
  // Connect would put its code in front.
  if (error instanceof ServiceError) return tell(error.rawMessage, exitCode.failed);
  return tell(describeError(error), exitCode.failed);

  function tell(message: string, code: number): number {
    stderr.write(`error: ${message}\n`);
    return code;
  }
}

/** Knex writes the statement and its values before the driver's message: they may hold personal data. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ServiceError) return [error.rawMessage, ...factsOf(error)].join("\n  ");
  const message = error.message || ((error as { code?: string }).code ?? error.name);
  return message.slice(message.lastIndexOf(" - ") + 1).replace(/^- /u, "");
}

/** What an error tells programs: which fields, which records. */
function factsOf({ options: { violations = [], metadata = {} } }: ServiceError): string[] {
  return [
    ...violations.map(({ field, description }) => `${field}: ${description}`),
    ...Object.entries(metadata).map(([name, value]) => `${name}: ${value}`),
  ];
}

/** Runs the command that the words call, and returns its exit code. */
export async function runCommand(
  words: readonly string[],
  context: Omit<CommandContext, "setExitCode">,
): Promise<number> {
  let code: number = exitCode.done;
  const setExitCode = (set: number) => {
    code = set;
  };
  try {
    const program = await createProgram({ ...context, setExitCode }, words[0] ?? "");
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    return explainFailure(error, context.stderr);
  }
  return code;
}
