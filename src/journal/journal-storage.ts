// Reads the journal. Only the writer's thread writes it.
import type { Database } from "../storage/database.ts";
import type { SealedFacts } from "./journal.ts";
import { ineIndex, type JournalKeys } from "./journal-keys.ts";
import type { JournalRecord, RecordFilter } from "./journal-record.ts";
import { readSealedText } from "./line-encoding.ts";
import { createPostgresRecordStorage } from "./postgres-record-storage.ts";
import { unseal } from "./seal.ts";
import { createSqliteRecordStorage } from "./sqlite-record-storage.ts";

export type { JournalRecord };

export interface LineFilter extends Omit<RecordFilter, "ineIndex"> {
  /** Lines of the calls that concern this INE. */
  readonly ine?: string;
}

export interface JournalReader {
  /**
   * Lines that pass the filter, newest first, at most `limit`; `before` is the cursor of the last line of the page
   * that this one follows. Calls that ran at the same time may stand in either order.
   */
  latest(filter: LineFilter, limit: number, before?: string): Promise<JournalRecord[]>;
  findByIne(ine: string, limit: number, before?: string): Promise<JournalRecord[]>;
  findByRequestId(requestId: string): Promise<JournalRecord[]>;
  /** The sealed facts of a line, or undefined when it is erased; throws an UnsealError. */
  open(record: JournalRecord): SealedFacts | undefined;
  /** All lines, erased ones included, at most `limit` after this one; those of a chain in its order. */
  linesAfter(after: JournalRecord | undefined, limit: number): Promise<JournalRecord[]>;
  /** The first line that searches would miss, because somebody took it out of what they look through. */
  firstUnfound(): Promise<{ readonly chain: string; readonly seq: number } | undefined>;
}

/** Whether anything was ever journaled; it needs no keys. */
export async function hasLines({ dialect, knex }: Database): Promise<boolean> {
  const tables = dialect === "sqlite" ? ["journal", "journal_segments"] : ["journal"];
  for (const table of tables) if ((await knex(table).first(knex.raw("1"))) !== undefined) return true;
  return false;
}

export function createJournalReader(database: Database, keys: JournalKeys): JournalReader {
  const storage =
    database.dialect === "sqlite"
      ? createSqliteRecordStorage(database)
      : createPostgresRecordStorage(database);
  function latest({ ine, ...filter }: LineFilter, limit: number, before?: string): Promise<JournalRecord[]> {
    if (filter.tokenIds?.length === 0) return Promise.resolve([]);
    const index = ine === undefined ? {} : { ineIndex: ineIndex(keys, ine) };
    return storage.latest({ ...filter, ...index }, limit, before);
  }
  return {
    ...storage,
    latest,
    findByIne: (ine, limit, before) => latest({ ine }, limit, before),
    findByRequestId: (requestId) => latest({ requestId }, 100),
    open(record) {
      const text = openSealedText(record, keys);
      return text === undefined ? undefined : readSealedText(text);
    },
  };
}

/** Opens the sealed text of a line that is not erased; throws an UnsealError. */
export function openSealedText(record: JournalRecord, keys: JournalKeys): string | undefined {
  const { sealed, keyId, chain, seq } = record;
  if (sealed === null || keyId === null) return undefined;
  return unseal(keys, keyId, `${chain}:${seq}`, sealed);
}
