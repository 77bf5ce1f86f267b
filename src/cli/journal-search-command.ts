import { userInfo } from "node:os";
import { createInterface } from "node:readline";
import { type Command, InvalidArgumentError } from "commander";
import { terminalActor } from "../audit/actor.ts";
import { holdsStudentNumber } from "../identity/student-number.ts";
import type { JournalLine } from "../journal/journal.ts";
import { ineIndex } from "../journal/journal-keys.ts";
import type { JournalReader, JournalRecord, LineFilter } from "../journal/journal-storage.ts";
import { UnsealError } from "../journal/seal.ts";
import { isNaming, searchEntry } from "../journal/search-calls.ts";
import { createRequestId } from "../request/request-id.ts";
import { type CommandContext, exitCode } from "./command.ts";
import { readLines, type ShownFacts, writeLine } from "./journal-text.ts";
import { checkReason } from "./option-readers.ts";
import { type OpenedJournal, withJournal } from "./with-journal.ts";
import { withMain } from "./with-main.ts";

interface SearchOptions {
  readonly ine?: string;
  readonly requestId?: string;
  readonly token?: string;
  readonly reason?: string;
  readonly lines: number;
  readonly json?: true;
}

/** `statut journal search` */
export function addJournalSearch(journal: Command, context: CommandContext): void {
  journal
    .command("search")
    .description("Finds lines by student, request or token. With a reason, opens what is sealed.")
    .option(
      "--ine <ine>",
      "the calls that concern this student; demands a reason. -: read from standard input, so that neither the shell's history nor the list of processes shows it",
      (text) => (text === fromInput ? text : readIne(text)),
    )
    .option("--request-id <id>", "the call with this identifier", readIdentifier)
    .option("--token <id>", "the calls of this token", readIdentifier)
    .option(
      "--reason <text>",
      "why personal data are opened, without the INE: recorded in the journal and in the audit log first",
      checkReason,
    )
    .option("-n, --lines <number>", "how many of the newest, 1 to 10000", readLines, 100)
    .option("--json", "print one JSON document for each line")
    .addHelpText("after", '\nExample:\n  statut journal search --ine - --reason "Réclamation 2026-114"')
    .action((options: SearchOptions) => runSearch(options, context));
}

/** Stands for an INE that is typed in, or comes through a pipe. */
const fromInput = "-";

async function runSearch(given: SearchOptions, context: CommandContext): Promise<void> {
  const typed =
    given.ine === fromInput && given.reason !== undefined ? await readLine(context.stdin) : given.ine;
  const options = { ...given, ...(typed !== undefined && { ine: typed }) };
  const problem = problemOf(options);
  if (problem !== undefined) {
    context.stderr.write(`error: ${problem}\n`);
    context.setExitCode(exitCode.usage);
    return;
  }
  await withJournal(context, async (journal) => {
    const { reason } = options;
    const lines =
      reason === undefined
        ? await journal.reader.latest(filterOf(options), options.lines)
        : await findTraced(journal, { ...options, reason }, context);
    for (const line of lines.reverse()) {
      const facts = reason === undefined ? undefined : openFacts(journal.reader, line);
      context.stdout.write(writeLine(line, facts, options.json === true));
    }
  });
}

/** The search leaves its traces before it shows anything, like every call: in the journal and in the audit log. */
async function findTraced(
  { reader, keys, record }: OpenedJournal,
  options: SearchOptions & { readonly reason: string },
  context: CommandContext,
): Promise<JournalRecord[]> {
  const { ine, requestId: callId, token: tokenId, reason } = options;
  return await withMain(context, async ({ ledger }) => {
    await record(searchLine(options, context.clock.now()));
    const lines = await reader.latest(filterOf(options), options.lines);
    const student = ine === undefined ? "" : ineIndex(keys, ine).toString("hex");
    const entry = searchEntry({ student, callId, tokenId, reason, lines: lines.length });
    await ledger.change(terminalActor(), async (transaction) => transaction.record(entry));
    return lines;
  });
}

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
  if (ine !== undefined && !isIne(ine)) return "standard input must hold an INE: 11 letters and digits";
  // The audit log keeps the reason in the clear, whomever it names.
  if (reason !== undefined && (holdsStudentNumber(reason) || isNaming(reason, ine))) {
    return "the --reason must not hold an INE: name the request";
  }
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
    requestId: createRequestId(now),
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

function readIne(text: string): string {
  if (!isIne(text)) throw new InvalidArgumentError("It must be 11 letters and digits, or -.");
  return text.toUpperCase();
}

function isIne(text: string): boolean {
  return /^[0-9A-Za-z]{11}$/u.test(text);
}

/** The first line; empty when there is none. */
async function readLine(input: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input })) return line.trim().toUpperCase();
  return "";
}

/** An identifier as the contract of the search has it. The audit log keeps it in the clear. */
function readIdentifier(text: string): string {
  if (holdsStudentNumber(text)) throw new InvalidArgumentError("It is an INE: use --ine.");
  if (!/^[^\p{C}\s]{1,40}$/u.test(text)) throw new InvalidArgumentError("It must hold 1 to 40 characters.");
  return text;
}
