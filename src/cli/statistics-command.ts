import { type Command, Option } from "commander";
import type { Operator } from "../access/person.ts";
import { callerIdsOf } from "../assembly/trace-holders.ts";
import { createCallReader } from "../journal/call-reader.ts";
import { rebuildRollups } from "../journal/rebuild-rollups-storage.ts";
import { createRollupReader } from "../journal/rollup-reader-storage.ts";
import { addParisMonths } from "../paris-time.ts";
import { createCalls } from "../statistics/calls.ts";
import { createGetCapacity } from "../statistics/capacity.ts";
import { createUsageStatistics } from "../statistics/usage.ts";
import type { Grain } from "../statistics/usage-source.ts";
import type { CommandContext } from "./command.ts";
import { readInstant } from "./option-readers.ts";
import { terminalJson, terminalText } from "./terminal-text.ts";
import { withJournal } from "./with-journal.ts";
import { withMain } from "./with-main.ts";

/** Whoever may run commands on the machine sees what every operator sees. */
const terminal: Operator = {
  ...{ kind: "operator", id: "terminal", name: "terminal", email: "", role: "reader", body: "ministry" },
};

interface UsageOptions {
  readonly grain: Grain;
  readonly from?: number;
  readonly until?: number;
  readonly token?: string;
  readonly outcome?: string;
  readonly json?: true;
}

interface CapacityOptions {
  readonly from?: string;
  readonly to?: string;
  readonly json?: true;
}

/** `statut statistics usage|latest|capacity|rebuild` */
export function addStatisticsCommand(program: Command, context: CommandContext): void {
  const statistics = program.command("statistics").description("Counts calls, and makes the counts anew.");
  addUsage(statistics, context);
  addLatest(statistics, context);
  addCapacity(statistics, context);
  addRebuild(statistics, context);
}

const grainOption = () =>
  new Option("--grain <grain>", "length of the points")
    .choices(["minute", "hour", "day", "month"])
    .default("day");

function addUsage(statistics: Command, context: CommandContext): void {
  statistics
    .command("usage")
    .description("Prints the calls over time, and in the period before.")
    .addOption(grainOption())
    .option("--from <instant>", "start; a usual time before the end", readInstant)
    .option("--until <instant>", "end; now", readInstant)
    .option("--token <id>", "the calls of this token")
    .option("--outcome <outcome>", "the calls that ended so")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  statut statistics usage --grain hour")
    .action((options: UsageOptions) => runUsage(options, context));
}

async function runUsage(options: UsageOptions, context: CommandContext): Promise<void> {
  const { clock, stdout } = context;
  await withJournal(context, async ({ database }) => {
    const usage = createUsageStatistics({
      ...{ clock, source: createRollupReader(database), tokenIdsOf: tokenIdsOf(context) },
    });
    const result = await usage.overTime(terminal, {
      grain: options.grain,
      filter: {
        ...{ partnerId: "", tokenId: options.token ?? "", procedureId: "", rpc: "", protocol: "" },
        ...{ surface: "", outcome: options.outcome ?? "", httpStatus: 0, errorId: "" },
      },
      ...{ start: options.from, end: options.until },
    });
    if (options.json) {
      stdout.write(`${terminalJson(result)}\n`);
      return;
    }
    for (const { start, totals } of result.points) stdout.write(`${writeTotals(start, totals)}\n`);
    stdout.write(`in all ${result.total.calls} calls, in the period before ${result.previousTotal.calls}\n`);
  });
}

function writeTotals(
  start: number,
  totals: Awaited<ReturnType<ReturnType<typeof createUsageStatistics>["overTime"]>>["total"],
): string {
  const outcomes = totals.outcomes.map(({ outcome, calls }) => `${outcome} ${calls}`).join(", ");
  const p95 = totals.latency === undefined ? "-" : `${totals.latency.p95Ms.toFixed(1)} ms`;
  return `${new Date(start).toISOString()}  ${String(totals.calls).padStart(9)}  p95 ${p95}  ${outcomes}`;
}

function tokenIdsOf(context: CommandContext) {
  return (partnerId: string) => withMain(context, ({ database }) => callerIdsOf(database.knex, partnerId));
}

function addLatest(statistics: Command, context: CommandContext): void {
  statistics
    .command("latest")
    .description("Prints the latest calls, newest first, of those of the last 2,000 that pass the filter.")
    .option("--token <id>", "the calls of this token")
    .option("--outcome <outcome>", "the calls that ended so")
    .option("--json", "print one JSON document for each call")
    .addHelpText("after", "\nExample:\n  statut statistics latest --outcome failed")
    .action((options: { token?: string; outcome?: string; json?: true }) =>
      withJournal(context, async ({ reader }) => {
        const { calls } = await createCalls(
          createCallReader(reader),
          tokenIdsOf(context),
          context.clock,
        ).list(
          terminal,
          {
            ...{ partnerId: "", tokenId: options.token ?? "", rpc: "", outcome: options.outcome ?? "" },
            ...{
              httpStatus: 0,
              errorId: "",
              clientAddress: "",
              withAgent: false,
              agent: "",
              from: undefined,
              until: undefined,
            },
          },
          { pageSize: 200, pageToken: "" },
        );
        for (const call of calls) {
          const cells = [new Date(call.receivedAt).toISOString(), call.requestId, call.tokenId || "-"];
          const text = [...cells, call.protocol, String(call.httpStatus), call.outcome, call.rpc].join("  ");
          context.stdout.write(`${options.json ? terminalJson(call) : terminalText(text)}\n`);
        }
      }),
    );
}

function addCapacity(statistics: Command, context: CommandContext): void {
  statistics
    .command("capacity")
    .description("Prints the calls by day against the promised calls per second (terms, article 3).")
    .option("--from <day>", "first day, YYYY-MM-DD; 29 days before the last one")
    .option("--to <day>", "last day; today")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  statut statistics capacity --from 2026-11-01")
    .action((options: CapacityOptions) =>
      withJournal(context, async ({ database }) => {
        const promisedPerSecond = context.config().CALLS_PER_SECOND;
        const getCapacity = createGetCapacity({
          ...{ clock: context.clock, source: createRollupReader(database), promisedPerSecond },
        });
        const report = await getCapacity(options.from, options.to);
        if (options.json) {
          context.stdout.write(`${terminalJson(report)}\n`);
          return;
        }
        for (const day of report.days) {
          context.stdout.write(
            `${day.date}  offered ${day.offered}  served ${day.served}  limited ${day.limited}  peak ${day.peakServed}/s of ${promisedPerSecond}\n`,
          );
        }
        context.stdout.write(`the promise bound on ${report.boundDays} days\n`);
      }),
    );
}

/** Lines of the last two years are never erased; older ones may be, and their counts stay as they are. */
const rebuiltMonths = 23;

function addRebuild(statistics: Command, context: CommandContext): void {
  statistics
    .command("rebuild")
    .description("Counts the lines of the last two years again. Calls and readers do not wait for it.")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nA second one ends the first.\n\nExample:\n  statut statistics rebuild")
    .action((options: { readonly json?: true }) =>
      withJournal(context, async ({ database }) => {
        const now = context.clock.now();
        const period = { from: addParisMonths(now, -rebuiltMonths), now };
        const { lines, corrected } = await rebuildRollups(database, period, (done) => {
          if (context.stderr.isTTY) context.stderr.write(`${done} lines\r`);
        });
        context.stdout.write(
          options.json
            ? `${JSON.stringify({ lines, corrected })}\n`
            : `${lines} lines counted again, ${corrected} counts of past periods corrected\n`,
        );
      }),
    );
}
