// Lines of the journal as a terminal shows them, and how many of them.
import { InvalidArgumentError } from "commander";
import type { SealedFacts } from "../journal/journal.ts";
import type { JournalRecord } from "../journal/journal-storage.ts";
import { plainColumns, position } from "../journal/line-encoding.ts";
import { readWholeNumber } from "./option-readers.ts";
import { terminalJson, terminalText } from "./terminal-text.ts";

export const largestPage = 10_000;

/** What is sealed, or why it stays closed: one line under a lost key must not hide the others. */
export type ShownFacts = SealedFacts | { readonly closed: string } | undefined;

export function readLines(text: string): number {
  const number = readWholeNumber(text);
  if (number < 1 || number > largestPage)
    throw new InvalidArgumentError(`It must be from 1 to ${largestPage}.`);
  return number;
}

export function writeLine(record: JournalRecord, facts: ShownFacts, json: boolean): string {
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
