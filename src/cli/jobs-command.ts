import type { Command } from "commander";
import { createJobs } from "../assembly/jobs.ts";
import { originOf } from "../assembly/local-origin.ts";
import { findRecipients } from "../assembly/mail-recipients.ts";
import type { Job } from "../schedule/job.ts";
import { createJobStorage, type JobRecord, type JobStorage } from "../schedule/job-storage.ts";
import { runJob } from "../schedule/run-job.ts";
import { createHolderName, registerJobs } from "../schedule/scheduler.ts";
import { type CommandContext, exitCode } from "./command.ts";
import { terminalJson, terminalText } from "./terminal-text.ts";
import { withJournalDatabase } from "./with-journal.ts";
import { withNotices } from "./with-notices.ts";

interface JobTools {
  readonly jobs: readonly Job[];
  readonly storage: JobStorage;
}

/** `statut jobs list|run` */
export function addJobsCommand(program: Command, context: CommandContext): void {
  const jobs = program.command("jobs").description("Lists and runs what the service does by itself.");
  jobs
    .command("list")
    .description("Lists the scheduled jobs, when each is due and how its last run ended.")
    .option("--json", "print one JSON document for each")
    .action((options: { readonly json?: true }) => runList(options.json === true, context));
  jobs
    .command("run <name>")
    .description("Runs a job now, unless an instance is running it; the run that is due stays due.")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  statut jobs run change-reminders")
    .action((name: string, options: { readonly json?: true }) =>
      runNow(name, options.json === true, context),
    );
}

function withJobs<T>(context: CommandContext, work: (tools: JobTools) => Promise<T>): Promise<T> {
  const { clock } = context;
  const config = context.config();
  const origin = () => originOf(config, config.PORT);
  return withNotices(context, ({ database, ledger, administration: { terms }, outbox }) =>
    withJournalDatabase(context, async (journalDatabase) => {
      const parts = { database, journalDatabase, clock, ledger, terms, outbox, findRecipients, origin };
      const jobs = createJobs(parts);
      const storage = createJobStorage(database);
      await registerJobs(jobs, storage, clock);
      return await work({ jobs, storage });
    }),
  );
}

async function runList(json: boolean, context: CommandContext): Promise<void> {
  await withJobs(context, async ({ jobs, storage }) => {
    const records = new Map((await storage.list()).map((record) => [record.name, record]));
    for (const { name, description } of jobs) {
      const record = records.get(name);
      if (record === undefined) continue;
      const line = json ? terminalJson({ ...toDocument(record), description }) : toLine(record);
      context.stdout.write(`${line}\n`);
    }
  });
}

async function runNow(name: string, json: boolean, context: CommandContext): Promise<void> {
  await withJobs(context, async ({ jobs, storage }) => {
    const job = jobs.find((one) => one.name === name);
    if (job === undefined)
      throw new Error(`no job is named ${JSON.stringify(name)}: see \`statut jobs list\``);
    const report = (_job: string, cause: unknown) =>
      void context.stderr.write(
        `error: ${terminalText(cause instanceof Error ? cause.message : String(cause))}\n`,
      );
    const parts = { storage, clock: context.clock, holder: createHolderName(), report };
    const outcome = await runJob(job, parts, { early: true });
    const told = outcome === "idle" ? "running elsewhere" : outcome;
    context.stdout.write(json ? `${terminalJson({ name, outcome: told })}\n` : `${name}: ${told}\n`);
    if (outcome !== "done") context.setExitCode(exitCode.failed);
  });
}

function toLine(record: JobRecord): string {
  const last = record.lastOutcome === undefined ? "never ran" : `last ${record.lastOutcome}`;
  const running = record.holder === undefined ? "" : `  running on ${record.holder}`;
  const due = new Date(record.retryAt ?? record.dueAt).toISOString();
  return terminalText(
    `${record.name.padEnd(20)}  ${record.recurrence.padEnd(28)}  due ${due}  ${last}${running}`,
  );
}

function toDocument(record: JobRecord): Record<string, unknown> {
  const { name, recurrence, failures, holder, lastOutcome, lastError } = record;
  return {
    ...{ name, recurrence, failures, holder, lastOutcome, lastError },
    dueAt: writeInstant(record.dueAt),
    retryAt: writeInstant(record.retryAt),
    lastStartedAt: writeInstant(record.lastStartedAt),
    lastFinishedAt: writeInstant(record.lastFinishedAt),
  };
}

function writeInstant(instant: number | undefined): string | undefined {
  return instant === undefined ? undefined : new Date(instant).toISOString();
}
