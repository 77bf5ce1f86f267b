import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { type Command, InvalidArgumentError } from "commander";
import type { JournalLine, SealedFacts } from "../journal/journal.ts";
import type { JournalReader, JournalRecord, LineFilter } from "../journal/journal-storage.ts";
import { plainColumns, position } from "../journal/line-encoding.ts";
import { UnsealError } from "../journal/seal.ts";
import { verifyJournal } from "../journal/verify-journal.ts";
import { type CommandContext, exitCode } from "./command.ts";
import { checkReason, readWholeNumber } from "./option-readers.ts";
import { terminalJson, terminalText } from "./terminal-text.ts";
import { type OpenedJournal, withJournal } from "./with-journal.ts";

interface TailOptions {
  readonly lines: number;
  readonly follow?: true;
  readonly json?: true;
}

interface SearchOptions {
  readonly ine?: string;
  readonly requestId?: string;
  readonly token?: string;
  readonly reason?: string;
  readonly lines: number;
  readonly json?: true;
}

const followEveryMs = 500;
/** Calls are journalled by the time of their reception when they end: a line may come this late. */
const lateMs = 60_000;
const largestPage = 10_000;

/** `statut journal tail|search|verify` */
export function addJournalCommand(program: Command, context: CommandContext): void {
  const journal = program.command("journal").description("Reads and verifies the journal of calls.");
  addTail(journal, context);
  addSearch(journal, context);
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

function addSearch(journal: Command, context: CommandContext): void {
  journal
    .command("search")
    .description("Finds lines by student, request or token. With a reason, opens what is sealed.")
    .option("--ine <ine>", "the calls that concern this student; demands a reason", readIne)
    .option("--request-id <id>", "the call with this identifier")
    .option("--token <id>", "the calls of this token")
    .option("--reason <text>", "why personal data are opened: recorded in the journal first", checkReason)
    .option("-n, --lines <number>", "how many of the newest, 1 to 10000", readLines, 100)
    .option("--json", "print one JSON document for each line")
    .addHelpText(
      "after",
      '\nExample:\n  statut journal search --ine 1234567890A --reason "Réclamation 2026-114"',
    )
    .action((options: SearchOptions) => runSearch(options, context));
}

async function runSearch(options: SearchOptions, context: CommandContext): Promise<void> {
  const problem = problemOf(options);
  if (problem !== undefined) {
    context.stderr.write(`error: ${problem}\n`);
    context.setExitCode(exitCode.usage);
    return;
  }
  await withJournal(context, async ({ reader, record }) => {
    // The search leaves its trace before it shows anything, like every call.
    if (options.reason !== undefined) await record(searchLine(options, context.clock.now()));
    const found = await reader.latest(filterOf(options), options.lines);
    for (const line of found.reverse()) {
      const facts = options.reason === undefined ? undefined : openFacts(reader, line);
      context.stdout.write(writeLine(line, facts, options.json === true));
    }
  });
}

/** What is sealed, or why it stays closed: one line under a lost key must not hide the others. */
type ShownFacts = SealedFacts | { readonly closed: string } | undefined;

function openFacts(reader: JournalReader, line: JournalRecord): ShownFacts {
  try {
    return reader.open(line);
  } catch (error) {
    if (error instanceof UnsealError) return { closed: error.message };
    throw error;
  }
}

function problemOf({ ine, requestId, token, reason }: SearchOptions): string | undefined {
  if ([ine, requestId, token].every((criterion) => criterion === undefined)) {
    return "one of --ine, --request-id and --token is needed";
  }
  if (ine !== undefined && reason === undefined)
    return "a search by INE opens personal data: give a --reason";
  return undefined;
}

function filterOf({ ine, requestId, token }: SearchOptions): LineFilter {
  return {
    ...(ine === undefined ? {} : { ine }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(token === undefined ? {} : { tokenId: token }),
  };
}

function searchLine({ ine, requestId, token, reason }: SearchOptions, now: number): JournalLine {
  return {
    requestId: randomUUID(),
    receivedAt: now,
    tokenId: undefined,
    procedureId: undefined,
    protocol: "cli",
    httpMethod: "",
    route: "",
    rpc: "journal/search",
    recipient: undefined,
    clientAddress: "",
    userAgent: undefined,
    httpStatus: 0,
    rpcCode: "ok",
    errorId: "",
    outcome: "answered",
    durationUs: 0,
    responseBytes: 0,
    sealed: {
      target: "",
      parameters: JSON.stringify({ ine, requestId, token, reason }),
      agent: userInfo().username,
      ine,
      finding: undefined,
    },
  };
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

function readLines(text: string): number {
  const number = readWholeNumber(text);
  if (number < 1 || number > largestPage)
    throw new InvalidArgumentError(`It must be from 1 to ${largestPage}.`);
  return number;
}

function readIne(text: string): string {
  if (!/^[0-9A-Za-z]{11}$/u.test(text)) throw new InvalidArgumentError("It must be 11 letters and digits.");
  return text.toUpperCase();
}

function writeLine(record: JournalRecord, facts: ShownFacts, json: boolean): string {
  return `${json ? terminalJson(toDocument(record, facts)) : writeRow(record, facts)}\n`;
}

function toDocument({ chain, seq, values }: JournalRecord, facts: ShownFacts): object {
  const fields = plainColumns.map(({ field }, index) => [field, values[index]] as const);
  return { chain, seq, ...Object.fromEntries(fields), ...facts };
}

function writeRow({ values }: JournalRecord, facts: ShownFacts): string {
  const text = (index: number) => terminalText(String(values[index] ?? "-") || "-");
  const cells = [
    new Date(Number(values[position.receivedAt])).toISOString(),
    text(position.requestId).padEnd(36),
    text(position.protocol).padEnd(8),
    text(position.httpStatus).padStart(3),
    text(position.outcome).padEnd(15),
    `${(Number(values[position.durationUs]) / 1000).toFixed(1)} ms`.padStart(10),
    text(position.tokenId).padEnd(20),
    text(position.rpc),
  ];
  if (facts !== undefined) {
    for (const [name, value] of Object.entries(facts)) {
      if (value !== undefined && value !== "") cells.push(`${name}=${terminalText(String(value))}`);
    }
  }
  return cells.join("  ");
}
