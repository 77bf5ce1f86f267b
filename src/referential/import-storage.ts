// Writes what an import has read. A batch and the checkpoint that says how far the file has been written are one
// transaction, so that a killed import resumes exactly after what it wrote.
import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Database } from "../storage/database.ts";
import { createPostgresRowWriter } from "./postgres-row-storage.ts";
import type { RowValue } from "./record-decoder.ts";
import { createSqliteRowWriter } from "./sqlite-row-storage.ts";

/** A table that an import fills. */
export interface ImportTable {
  readonly kind: "institutions" | "students";
  /** Its first column is the key. */
  readonly columns: readonly string[];
  /** Whether instances that hold the table in memory must hear of changes (see InstitutionDirectory). */
  readonly versioned: boolean;
  /** Whether filling it for the first time is worth a way of its own (see FirstLoad). */
  readonly large: boolean;
}

export interface WrittenRows {
  readonly inserted: number;
  readonly updated: number;
}

/** How far an import has come. */
export interface Checkpoint {
  /** Decompressed bytes of the file that are written. */
  readonly bytes: number;
  /** SHA-256 of these bytes: only the same file may be resumed. */
  readonly fingerprint: string;
  readonly inserted: number;
  readonly updated: number;
}

/** Writes batches of rows into one table, over one connection. */
export interface RowWriter {
  /** Bytes of the file for the next transaction. */
  blockBytes(): number;
  /** Runs the work in a transaction. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
  /** Inserts rows (flat values) whose key is new and updates those that differ. */
  upsert(values: readonly RowValue[]): Promise<WrittenRows>;
  /** Runs a statement with `?` places and returns the number of changed rows. */
  run(sql: string, values: readonly (string | number | null)[]): Promise<number>;
  /** Whether the table is empty. */
  isEmpty(): Promise<boolean>;
  readonly firstLoad: FirstLoad;
  release(): Promise<void>;
}

/**
 * The first load of a table goes into a second table without indexes, which takes its place when it is complete:
 * keeping the indexes of millions of rows in order, row by row, costs ten times as much as building them at once,
 * and would hold locks for as much longer. Until then readers find the empty table.
 */
export interface FirstLoad {
  create(): Promise<void>;
  drop(): Promise<void>;
  /** Inserts rows whose keys are all new. */
  insert(values: readonly RowValue[]): Promise<void>;
  /** Builds what can be built beside the table that is read. Runs outside of a transaction. */
  prepare(): Promise<void>;
  /** Takes the table's place. */
  complete(): Promise<void>;
}

export interface ImportWriter {
  /** Bytes of the file for the next `write`. */
  blockBytes(): number;
  /** Where the last import of this kind was interrupted. */
  readonly interrupted: Checkpoint | undefined;
  /** Starts anew, or goes on after `interrupted`. */
  start(resume: boolean): Promise<void>;
  /** Writes rows, and the checkpoint, in one transaction. */
  write(values: readonly RowValue[], rowCount: number, checkpoint: FileProgress): Promise<WrittenRows>;
  /** Marks the import as done, so that there is nothing to resume. */
  finish(): Promise<void>;
  release(): Promise<void>;
}

export type FileProgress = Pick<Checkpoint, "bytes" | "fingerprint">;

/** Something else wrote what this import writes, and has taken over. */
class ImportConflictError extends Error {
  override readonly name = "ImportConflictError";
}

interface ImportRow {
  bytes: number;
  fingerprint: string;
  inserted: number;
  updated: number;
  initial: number;
}

/** Opens a writer. `checkpoints` off: for data small enough to be one batch, which is atomic by itself. */
export async function openImportWriter(
  database: Database,
  table: ImportTable,
  clock: Clock,
  checkpoints = true,
): Promise<ImportWriter> {
  const last = checkpoints ? await readInterrupted(database, table) : undefined;
  const writer = await (database.dialect === "sqlite"
    ? createSqliteRowWriter(database.knex, table, clock)
    : createPostgresRowWriter(database.knex, table));
  const run = randomUUID();
  let initial = false;
  let inserted = 0;
  let updated = 0;

  const writeRows = async (values: readonly RowValue[], rowCount: number): Promise<WrittenRows> => {
    if (!initial) return writer.upsert(values);
    // The file holds each number once (see IneSet), and the table that is filled holds nothing else.
    await writer.firstLoad.insert(values);
    return { inserted: rowCount, updated: 0 };
  };
  const keep = async (sql: string, values: readonly (string | number)[]) => {
    if (checkpoints && (await writer.run(sql, [...values, table.kind, run])) !== 1) {
      throw new ImportConflictError("another import of the same kind has started");
    }
  };
  return {
    blockBytes: () => writer.blockBytes(),
    interrupted: last,
    start: (resume) =>
      writer.transaction(async () => {
        const from = resume ? last : undefined;
        inserted = from?.inserted ?? 0;
        updated = from?.updated ?? 0;
        if (!checkpoints) return;
        initial = from === undefined ? table.large && (await writer.isEmpty()) : last?.initial === 1;
        if (from === undefined && table.large) await writer.firstLoad.drop();
        if (from === undefined && initial) await writer.firstLoad.create();
        await takeOver(writer, table, { run, initial, from, now: clock.now() });
      }),
    write: (values, rowCount, { bytes, fingerprint }) =>
      writer.transaction(async () => {
        // First of all: an import that was overtaken must not meet what the other one did to the tables.
        await keep(claim, [clock.now()]);
        const written = await writeRows(values, rowCount);
        inserted += written.inserted;
        updated += written.updated;
        if (table.versioned && written.inserted + written.updated > 0) await writer.run(raiseVersion, []);
        await keep(keepCheckpoint, [bytes, fingerprint, inserted, updated, clock.now()]);
        return written;
      }),
    async finish() {
      if (initial) await writer.transaction(() => keep(claim, [clock.now()]));
      if (initial) await writer.firstLoad.prepare();
      await writer.transaction(async () => {
        await keep(claim, [clock.now()]);
        if (initial && !(await writer.isEmpty())) {
          throw new ImportConflictError("students were written by something else: import the file again");
        }
        if (initial) await writer.firstLoad.complete();
        await keep(finishImport, [clock.now(), clock.now()]);
      });
    },
    release: () => writer.release(),
  };
}

const raiseVersion = "update referential_version set version = version + 1 where id = 1";
const claim = "update imports set updated_at = ? where kind = ? and run = ?";
const keepCheckpoint =
  "update imports set bytes = ?, fingerprint = ?, inserted = ?, updated = ?, updated_at = ? where kind = ? and run = ?";
const finishImport = "update imports set finished_at = ?, updated_at = ? where kind = ? and run = ?";

async function readInterrupted(
  database: Database,
  table: ImportTable,
): Promise<(Checkpoint & { initial: number }) | undefined> {
  const row = await database
    .knex<ImportRow & { kind: string; finished_at: number | null }>("imports")
    .select("bytes", "fingerprint", "inserted", "updated", "initial")
    .where("kind", table.kind)
    .whereNull("finished_at")
    .first();
  if (row === undefined || row.bytes === 0) return undefined;
  const { bytes, fingerprint, inserted, updated, initial } = row;
  return { bytes, fingerprint, inserted, updated, initial };
}

/** Makes this process the one that imports this kind: an older one fails at its next batch. */
async function takeOver(
  writer: RowWriter,
  table: ImportTable,
  state: { run: string; initial: boolean; from: Checkpoint | undefined; now: number },
): Promise<void> {
  const { run, initial, from, now } = state;
  await writer.run("delete from imports where kind = ?", [table.kind]);
  await writer.run(
    "insert into imports (kind, run, initial, bytes, fingerprint, inserted, updated, started_at, updated_at)" +
      " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [
      table.kind,
      run,
      initial ? 1 : 0,
      from?.bytes ?? 0,
      from?.fingerprint ?? "",
      from?.inserted ?? 0,
      from?.updated ?? 0,
      now,
      now,
    ],
  );
}

/** The codes of all institutions, for the check of admissions. */
export async function readInstitutionCodes(database: Database): Promise<Set<string>> {
  return new Set<string>(await database.knex("institutions").pluck("uai"));
}
