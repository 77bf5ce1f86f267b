import type { ImportProblem, ProblemList } from "./import-problem.ts";
import { overlongLine } from "./line-blocks.ts";

/** A value of a row, as both databases take it. */
export type RowValue = string | null;

/** Checks a parsed record and returns its row, or reports its problems and returns undefined. */
export type ReadRecord = (value: unknown) => readonly RowValue[] | undefined;

/** What a decoder found. Rows are laid out flat, one after the other, ready to be bound. */
export interface DecodedRows {
  values: RowValue[];
  rowCount: number;
  problems: ImportProblem[];
  refused: number;
}

/** Turns text made of whole lines into rows. It keeps what spans two texts. */
export interface RecordDecoder {
  decode(text: string, into: DecodedRows): void;
  /** Ends the file: gives what was kept. */
  end(into: DecodedRows): void;
  /** Lines read so far. */
  readonly lines: number;
}

export function noRows(): DecodedRows {
  return { values: [], rowCount: 0, problems: [], refused: 0 };
}

/** Adds the record's row, or its problems. */
export function addRecord(value: unknown, read: ReadRecord, problems: ProblemList, into: DecodedRows): void {
  const row = problems.size === 0 ? read(value) : undefined;
  if (row === undefined) {
    into.refused += 1;
    for (const problem of problems.take()) into.problems.push(problem);
    return;
  }
  for (const item of row) into.values.push(item);
  into.rowCount += 1;
}

/** Decodes newline-delimited JSON: one record on each line; empty lines are passed over. */
export function createJsonDecoder(read: ReadRecord, problems: ProblemList): RecordDecoder {
  let lines = 0;
  const decodeLine = (line: string, into: DecodedRows) => {
    problems.line = lines;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      // Its message quotes the line: personal data.
      problems.add("", line.startsWith(overlongLine) ? overlongReason : unreadable(line, "JSON"));
    }
    addRecord(value, read, problems, into);
  };
  return {
    decode(text, into) {
      forEachLine(text, (line) => {
        lines += 1;
        if (line.length > 0) decodeLine(line, into);
      });
    },
    end() {},
    get lines() {
      return lines;
    },
  };
}

export const overlongReason = "is longer than 1 MiB";

/** Why a line could not be read. Bytes that are not UTF-8 arrive as replacement characters. */
function unreadable(line: string, format: string): string {
  return line.includes("\ufffd") ? "is not UTF-8" : `is not ${format}`;
}

/** Calls with each line, without its line end (LF or CRLF). */
export function forEachLine(text: string, handle: (line: string) => void): void {
  let start = 0;
  while (start < text.length) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    const crlf = end > start && text.charCodeAt(end - 1) === 13;
    handle(text.slice(start, crlf ? end - 1 : end));
    start = end + 1;
  }
}
