import type { ProblemList } from "./import-problem.ts";
import { overlongLine } from "./line-blocks.ts";
import {
  addRecord,
  type DecodedRows,
  forEachLine,
  overlongReason,
  type ReadRecord,
  type RecordDecoder,
} from "./record-decoder.ts";

/** How rows of CSV become records. */
export interface CsvLayout {
  /** All columns of the format; a file may leave out those that may be empty, and order them as it likes. */
  readonly columns: readonly string[];
  /** Columns that a file must have. */
  readonly required: readonly string[];
  /** The column whose value consecutive rows share when they make one record; absent: each row is a record. */
  readonly groupBy?: string;
  /** Makes the record that the JSON format would hold. */
  readonly toRecord: (rows: readonly CsvRow[], problems: ProblemList) => unknown;
}

export interface CsvRow {
  readonly line: number;
  /** In the order of the layout's columns; empty is absent. */
  readonly cells: readonly (string | undefined)[];
  /** Why its record must be refused whatever the cells hold. */
  readonly problem?: string;
}

/** The file as a whole cannot be read as this format. */
export class ImportFormatError extends Error {
  override readonly name = "ImportFormatError";
}

/**
 * Decodes CSV (RFC 4180) with a header line; `,` or `;` separates, as the header shows. No field of ours holds a
 * line end, so that a quote left open spoils its own line and not those after it.
 */
export function createCsvDecoder(layout: CsvLayout, read: ReadRecord, problems: ProblemList): RecordDecoder {
  let lines = 0;
  let header: CsvHeader | undefined;
  let group: CsvRow[] = [];
  let nextIsSuspect = false;
  const groupIndex = layout.groupBy === undefined ? -1 : layout.columns.indexOf(layout.groupBy);

  const flush = (into: DecodedRows) => {
    if (group.length === 0) return;
    const rows = group;
    group = [];
    for (const row of rows) {
      problems.line = row.line;
      if (row.problem !== undefined) problems.add("", row.problem);
    }
    const record = problems.size === 0 ? layout.toRecord(rows, problems) : undefined;
    problems.line = (rows[0] as CsvRow).line;
    addRecord(record, read, problems, into);
  };
  const startGroup = (row: CsvRow, into: DecodedRows) => {
    flush(into);
    group.push(nextIsSuspect ? { ...row, problem: row.problem ?? besideUnreadable } : row);
    nextIsSuspect = false;
  };
  // The row might belong to the record before it or after it: neither may be written without it.
  const spoilNeighbours = (line: number, reason: string, into: DecodedRows) => {
    const grouped = groupIndex >= 0;
    const before = group[0];
    if (grouped && before !== undefined)
      group[0] = { ...before, problem: before.problem ?? besideUnreadable };
    startGroup({ line, cells: [], problem: reason }, into);
    flush(into);
    nextIsSuspect = grouped;
  };
  const takeLine = (line: string, into: DecodedRows) => {
    lines += 1;
    if (line === "") return;
    if (header === undefined) {
      header = readHeader(line, layout);
      return;
    }
    const row = readRow(line, lines, header, layout);
    const key = row.cells[groupIndex];
    if (groupIndex < 0) startGroup(row, into);
    else if (key === undefined && row.problem !== undefined) spoilNeighbours(lines, row.problem, into);
    else if (group.length > 0 && key === group[0]?.cells[groupIndex]) group.push(row);
    else startGroup(row, into);
  };
  return {
    decode(text, into) {
      forEachLine(text, (line) => takeLine(line, into));
    },
    end(into) {
      flush(into);
    },
    get lines() {
      return lines;
    },
  };
}

const besideUnreadable = "stands beside a row that cannot be read and may belong to it";

/** Reads a row; what cannot be read is its `problem`, with the cells as far as they are known. */
function readRow(text: string, line: number, header: CsvHeader, layout: CsvLayout): CsvRow {
  if (text.startsWith(overlongLine)) return { line, cells: [], problem: overlongReason };
  if (text.includes("\ufffd")) return { line, cells: [], problem: "is not UTF-8" };
  const cells = splitCells(text, header.separator);
  if (cells === undefined) return { line, cells: [], problem: "has a quote where none may stand" };
  const row = { line, cells: arrange(cells, header, layout) };
  if (cells.length === header.order.length) return row;
  return { ...row, cells: [], problem: "has not as many cells as the header" };
}

interface CsvHeader {
  readonly separator: string;
  /** For each cell of a row, the index of its column in the layout. */
  readonly order: readonly number[];
}

function readHeader(text: string, layout: CsvLayout): CsvHeader {
  const separator = text.includes(";") ? ";" : ",";
  const names = splitCells(text, separator) ?? [];
  const order = names.map((name) => layout.columns.indexOf(name.trim()));
  const unknown = order.findIndex((index) => index < 0);
  if (unknown >= 0)
    throw new ImportFormatError(`column ${unknown + 1} of the header is not one of the format`);
  if (new Set(order).size !== order.length) throw new ImportFormatError("the header names a column twice");
  const missing = layout.required.filter((name) => !order.includes(layout.columns.indexOf(name)));
  if (missing.length > 0) throw new ImportFormatError(`the header lacks ${missing.join(", ")}`);
  return { separator, order };
}

function arrange(cells: readonly string[], header: CsvHeader, layout: CsvLayout): (string | undefined)[] {
  const row = new Array<string | undefined>(layout.columns.length).fill(undefined);
  for (let index = 0; index < cells.length; index++) {
    const cell = cells[index] as string;
    if (cell !== "") row[header.order[index] as number] = cell;
  }
  return row;
}

/** The cells of a row; undefined when a quote stands where none may, or is never closed. */
export function splitCells(text: string, separator: string): string[] | undefined {
  if (!text.includes('"')) return text.split(separator);
  const cells: string[] = [];
  let start = 0;
  for (;;) {
    const quoted = text.charCodeAt(start) === quote;
    const end = quoted ? endOfQuoted(text, start) : endOfPlain(text, start, separator);
    const cell = text.slice(start, end);
    if (end < 0) return undefined;
    if (quoted) cells.push(cell.slice(1, -1).replaceAll('""', '"'));
    else if (cell.includes('"')) return undefined;
    else cells.push(cell);
    if (end === text.length) return cells;
    if (text[end] !== separator) return undefined;
    start = end + 1;
  }
}

const quote = 34;

function endOfPlain(text: string, start: number, separator: string): number {
  const end = text.indexOf(separator, start);
  return end < 0 ? text.length : end;
}

/** Index after the closing quote of the cell that opens at `start`; -1 when there is none. */
function endOfQuoted(text: string, start: number): number {
  let index = text.indexOf('"', start + 1);
  while (index >= 0 && text.charCodeAt(index + 1) === quote) index = text.indexOf('"', index + 2);
  return index < 0 ? -1 : index + 1;
}
