import type { Command } from "commander";
import { createReports } from "../assembly/availability.ts";
import { downCauses, totalDown } from "../availability/judge-minutes.ts";
import type { AvailabilityReports, MonthlyReport } from "../availability/monthly-report.ts";
import { createRollupReader } from "../journal/rollup-reader-storage.ts";
import { listAnnouncedWindows } from "../notice/maintenance-storage.ts";
import { type CommandContext, exitCode } from "./command.ts";
import { terminalJson } from "./terminal-text.ts";
import { withJournal } from "./with-journal.ts";
import { withMain } from "./with-main.ts";

interface ReportOptions {
  readonly month?: string;
  readonly json?: true;
}

/** `statut availability report|freeze` */
export function addAvailabilityCommand(program: Command, context: CommandContext): void {
  const availability = program
    .command("availability")
    .description("Tells whether the service was available 97.8 % of each month (terms, article 3).");
  addReport(availability, context);
  addFreeze(availability, context);
}

function addReport(availability: Command, context: CommandContext): void {
  availability
    .command("report")
    .description("Prints the months that were measured, newest first.")
    .option("--month <month>", "this month only, YYYY-MM")
    .option("--json", "print one JSON document for each month")
    .addHelpText(
      "after",
      "\nExit code 1 when the month was not measured.\n\nExample:\n  statut availability report",
    )
    .action((options: ReportOptions) =>
      withReports(context, async (reports) => {
        const months = await reports.months();
        const shown = months.filter(({ month }) => options.month === undefined || options.month === month);
        for (const report of shown) {
          context.stdout.write(`${options.json ? terminalJson(report) : writeReport(report)}\n`);
        }
        if (shown.length > 0) return;
        context.stderr.write("error: nothing was measured\n");
        context.setExitCode(exitCode.failed);
      }),
    );
}

function withReports<T>(
  context: CommandContext,
  work: (reports: AvailabilityReports) => Promise<T>,
): Promise<T> {
  return withMain(context, (main) =>
    withJournal(context, async ({ database }) =>
      work(
        createReports({
          ...{ database, clock: context.clock, rollups: createRollupReader(database) },
          maintenanceWindows: (from, until) => listAnnouncedWindows(main.database.knex, from, until),
        }),
      ),
    ),
  );
}

function writeReport(report: MonthlyReport): string {
  const causes = downCauses
    .filter((cause) => report.downMinutes[cause] > 0)
    .map((cause) => `${cause} ${report.downMinutes[cause]}`);
  const share = `${(Math.floor(report.share * 10_000) / 100).toFixed(2)} %`;
  const cells = [report.month, share.padStart(8), report.verdict.padEnd(7), `${totalDown(report)} min down`];
  const beside = [
    ...(report.unmeasuredMinutes > 0 ? [`(${report.unmeasuredMinutes} min not measured)`] : []),
    ...(report.franceConnectFailedCalls > 0
      ? [
          `(FranceConnect failed: ${report.franceConnectFailedCalls} calls, ${report.franceConnectMinutes} min, not counted)`,
        ]
      : []),
  ];
  return [...cells, ...causes, ...beside].join("  ");
}

function addFreeze(availability: Command, context: CommandContext): void {
  availability
    .command("freeze")
    .description(
      "Freezes the reports of the months that are over. The service does it by itself, once an hour.",
    )
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  statut availability freeze")
    .action((options: { readonly json?: true }) =>
      withReports(context, async (reports) => {
        const frozen = await reports.freezeMonths(context.clock.now());
        const text = frozen.length === 0 ? "nothing to freeze" : `frozen: ${frozen.join(", ")}`;
        context.stdout.write(`${options.json ? JSON.stringify({ frozen }) : text}\n`);
      }),
    );
}
