import { createHash, type Hash } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Database } from "../storage/database.ts";
import { createCsvDecoder, ImportFormatError } from "./csv-decoder.ts";
import { institutionLayout, studentLayout } from "./csv-layouts.ts";
import { type ImportProblem, ProblemList } from "./import-problem.ts";
import {
  type Checkpoint,
  type ImportTable,
  type ImportWriter,
  openImportWriter,
  readInstitutionCodes,
} from "./import-storage.ts";
import { IneSet } from "./ine-set.ts";
import { institutionColumns, readInstitution } from "./institution-record.ts";
import { decompressed, lineBlocks } from "./line-blocks.ts";
import {
  createJsonDecoder,
  type DecodedRows,
  noRows,
  type ReadRecord,
  type RecordDecoder,
} from "./record-decoder.ts";
import { readStudent, studentColumns } from "./student-record.ts";

export type ImportKind = ImportTable["kind"];
export type ImportFormat = "ndjson" | "csv";

/** What has been read and written so far; after a resumed import, of both parts together. */
export interface ImportCounts {
  /** Lines of the file, empty ones and the header included. */
  lines: number;
  /** Records that passed all checks. */
  accepted: number;
  /** Records that were refused. */
  refused: number;
  inserted: number;
  updated: number;
  unchanged: number;
}

export interface ImportOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly kind: ImportKind;
  readonly format: ImportFormat;
  /** The file's bytes, plain or gzip. */
  readonly source: AsyncIterable<Uint8Array>;
  /** Goes on after the last transaction of an import of the same file that was interrupted. */
  readonly resume?: boolean;
  /** Checks everything and writes nothing. */
  readonly dryRun?: boolean;
  /** Off: keeps no checkpoint, for data of a single block. */
  readonly checkpoints?: boolean;
  /** Is told of the problems of each refused record, in the order of the file. */
  readonly onProblems?: (problems: readonly ImportProblem[]) => void;
  /** Is told after each transaction; `resuming` while the part that was written before is read again. */
  readonly onProgress?: (counts: Readonly<ImportCounts>, resuming: boolean) => void;
}

/** The import cannot go on. Its message is for the operator and holds no personal data. */
export class ImportError extends Error {
  override readonly name = "ImportError";
}

const tables: Readonly<Record<ImportKind, ImportTable>> = {
  institutions: { kind: "institutions", columns: institutionColumns, versioned: true, large: false },
  students: { kind: "students", columns: studentColumns, versioned: false, large: true },
};

/** Bytes of a block when nothing is written. */
const dryRunBlockBytes = 1 << 20;

/**
 * Reads a file of institutions or students, checks each line and writes what is right, in short transactions.
 * The same file twice changes nothing. Memory does not grow with the file, but for 11 to 21 bytes for each student
 * (their numbers, to find duplicates). Throws ImportError when the file cannot be read as a whole, or resumed.
 */
export async function importReferential(options: ImportOptions): Promise<ImportCounts> {
  const decoder = await createDecoder(options);
  if (options.dryRun === true) return readBlocks(options, decoder, undefined);
  const { database, kind, clock, checkpoints } = options;
  const writer = await openImportWriter(database, tables[kind], clock, checkpoints);
  try {
    await writer.start(options.resume === true);
    const counts = await readBlocks(options, decoder, writer);
    await writer.finish();
    return counts;
  } finally {
    await writer.release();
  }
}

async function createDecoder({ database, kind, format }: ImportOptions): Promise<RecordDecoder> {
  const problems = new ProblemList();
  const [read, layout] =
    kind === "institutions"
      ? [institutionReader(problems), institutionLayout]
      : [studentReader(await readInstitutionCodes(database), problems), studentLayout];
  return format === "csv" ? createCsvDecoder(layout, read, problems) : createJsonDecoder(read, problems);
}

function institutionReader(problems: ProblemList): ReadRecord {
  const seen = new Set<string>();
  return (value) => readInstitution(value, seen, problems);
}

function studentReader(institutions: ReadonlySet<string>, problems: ProblemList): ReadRecord {
  const context = { institutions, seen: new IneSet() };
  return (value) => readStudent(value, context, problems);
}

async function readBlocks(
  options: ImportOptions,
  decoder: RecordDecoder,
  writer: ImportWriter | undefined,
): Promise<ImportCounts> {
  const counts: ImportCounts = { lines: 0, accepted: 0, refused: 0, inserted: 0, updated: 0, unchanged: 0 };
  const position = new FilePosition(options.resume === true ? writer?.interrupted : undefined);
  const take = async (rows: DecodedRows) => {
    counts.lines = decoder.lines;
    counts.accepted += rows.rowCount;
    counts.refused += rows.refused;
    if (rows.problems.length > 0) options.onProblems?.(rows.problems);
    if (writer !== undefined && !position.resuming) await write(rows, writer, position, counts);
    options.onProgress?.(counts, position.resuming);
  };
  const source = lineBlocks(decompressed(options.source), () =>
    position.limit(writer?.blockBytes() ?? dryRunBlockBytes),
  );
  for await (const block of source) {
    const text = readText(block, position.bytes === 0);
    const rows = decode(decoder, text);
    position.pass(block);
    await take(rows);
    position.arrive(counts);
  }
  if (position.resuming) throw new ImportError("the file is shorter than the one that was interrupted");
  const rest = noRows();
  decoder.end(rest);
  await take(rest);
  return counts;
}

async function write(
  rows: DecodedRows,
  writer: ImportWriter,
  position: FilePosition,
  counts: ImportCounts,
): Promise<void> {
  const written = await writer.write(rows.values, rows.rowCount, position);
  counts.inserted += written.inserted;
  counts.updated += written.updated;
  counts.unchanged = counts.accepted - counts.inserted - counts.updated;
}

function decode(decoder: RecordDecoder, text: string): DecodedRows {
  const rows = noRows();
  try {
    decoder.decode(text, rows);
  } catch (error) {
    if (error instanceof ImportFormatError) throw new ImportError(error.message, { cause: error });
    throw error;
  }
  return rows;
}

const byteOrderMark = 0xfeff;

function readText(block: Buffer, first: boolean): string {
  const text = block.toString("utf8");
  return first && text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text;
}

/** Where in the file the import stands, and whether that part was written by the import that it resumes. */
class FilePosition {
  bytes = 0;
  readonly #hash: Hash = createHash("sha256");
  #target: Checkpoint | undefined;

  constructor(target: Checkpoint | undefined) {
    this.#target = target;
  }

  get resuming(): boolean {
    return this.#target !== undefined;
  }

  get fingerprint(): string {
    return this.#hash.copy().digest("hex");
  }

  /** Size of the next block, so that one of them ends where the interrupted import did. */
  limit(blockBytes: number): number {
    return this.#target === undefined ? blockBytes : Math.min(blockBytes, this.#target.bytes - this.bytes);
  }

  pass(block: Buffer): void {
    this.bytes += block.length;
    this.#hash.update(block);
  }

  /** Ends the resuming when the block was the last one that had been written. */
  arrive(counts: ImportCounts): void {
    const target = this.#target;
    if (target === undefined || this.bytes < target.bytes) return;
    if (this.bytes !== target.bytes || this.fingerprint !== target.fingerprint) {
      throw new ImportError("the file is not the one that was interrupted: import it without --resume");
    }
    counts.inserted = target.inserted;
    counts.updated = target.updated;
    counts.unchanged = counts.accepted - counts.inserted - counts.updated;
    this.#target = undefined;
  }
}
