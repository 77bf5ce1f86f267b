import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import type { JournalRecord } from "../journal/journal-storage.ts";
import { position } from "../journal/line-encoding.ts";
import { verifyJournal } from "../journal/verify-journal.ts";
import { type CommandContext, exitCode } from "./command.ts";
import { addJournalSearch } from "./journal-search-command.ts";
import { largestPage, readLines, writeLine } from "./journal-text.ts";
import { terminalJson, terminalText } from "./terminal-text.ts";
import { type OpenedJournal, withJournal } from "./with-journal.ts";

interface TailOptions {
  readonly lines: number;
  readonly follow?: true;
  readonly json?: true;
}

const followEveryMs = 500;
/** Calls are journalled by the time of their reception when they end: a line may come this late. */
const lateMs = 60_000;

/** `statut journal tail|search|verify` */
export function addJournalCommand(program: Command, context: CommandContext): void {
  const journal = program.command("journal").description("Reads and verifies the journal of calls.");
  addTail(journal, context);
  addJournalSearch(journal, context);
  addVerify(journal, context);
}

function addTail(journal: Command, context: CommandContext): void {
  journal
    .command("tail")
    .description("Prints the last lines, oldest first, without what identifies students and agents.")
    .option("-n, --lines <number>", "how many, 1 to 10000", readLines, 20)
    .option("-f, --follow", "go on with new lines until interrupted")
    .option("--json", "print one JSON document for each line")
    .addHelpText("after", "\nExample:\n  statut journal tail -n 50 --follow")
    .action((options: TailOptions) => withJournal(context, (opened) => runTail(opened, options, context)));
}

async function runTail(
  { reader }: OpenedJournal,
  options: TailOptions,
  context: CommandContext,
): Promise<void> {
  const shown = new Map<string, number>();
  const print = (records: JournalRecord[]) => {
    for (const record of records.reverse()) {
      if (markShown(shown, record)) context.stdout.write(writeLine(record, undefined, options.json === true));
    }
  };
  print(await reader.latest({}, options.lines));
  if (!options.follow) return;
  const recent = () => reader.latest({ from: context.clock.now() - lateMs }, largestPage);
  for (const record of await recent()) markShown(shown, record);
  for (;;) {
    await pause(followEveryMs);
    for (const [place, receivedAt] of shown) {
      if (receivedAt < context.clock.now() - 2 * lateMs) shown.delete(place);
    }
    print(await recent());
  }
}

/** Whether the line is new, by its place. */
function markShown(shown: Map<string, number>, { chain, seq, values }: JournalRecord): boolean {
  const place = `${chain}:${seq}`;
  if (shown.has(place)) return false;
  shown.set(place, Number(values[position.receivedAt]));
  return true;
}

function addVerify(journal: Command, context: CommandContext): void {
  journal
    .command("verify")
    .description("Recomputes every chain and line, and names the first broken line of each chain.")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExit code 1 when a line is broken.\n\nExample:\n  statut journal verify --json")
    .action((options: { readonly json?: true }) =>
      withJournal(context, async ({ reader, keys }) => {
        const result = await verifyJournal(reader, keys);
        if (result.broken.length > 0) context.setExitCode(exitCode.failed);
        if (options.json) {
          context.stdout.write(`${terminalJson(result)}\n`);
          return;
        }
        context.stdout.write(
          `${result.lines} lines in ${result.chains} chains, ${result.erased} of them erased\n`,
        );
        for (const { chain, seq, reason } of result.broken) {
          context.stdout.write(terminalText(`broken: chain ${chain}, line ${seq}: ${reason}`).concat("\n"));
        }
      }),
    );
}
