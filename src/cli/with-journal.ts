import { existsSync } from "node:fs";
import type { Config } from "../config.ts";
import { createJournal } from "../journal/create-journal.ts";
import type { JournalLine } from "../journal/journal.ts";
import { type JournalKeys, loadJournalKeys, parseJournalKeys } from "../journal/journal-keys.ts";
import { createJournalReader, type JournalReader } from "../journal/journal-storage.ts";
import { type Database, type DatabaseLocation, locateDatabase, openDatabase } from "../storage/database.ts";
import type { CommandContext } from "./command.ts";

export interface OpenedJournal {
  readonly database: Database;
  readonly reader: JournalReader;
  readonly keys: JournalKeys;
  /** Writes one line durably, in a chain of its own. */
  record(line: JournalLine): Promise<void>;
}

/** Runs a command's work on the journal, and closes it whatever happens. */
export async function withJournal<T>(
  context: CommandContext,
  work: (journal: OpenedJournal) => Promise<T>,
): Promise<T> {
  return await withJournalDatabase(context, async (database, place) => {
    const keys = keysOf(context.config());
    const reader = createJournalReader(database, keys);
    return await work({ database, reader, keys, record: (line) => recordLine(context, place, keys, line) });
  });
}

/** As `withJournal`, for what opens nothing that is sealed: it needs no keys. */
export async function withJournalDatabase<T>(
  context: CommandContext,
  work: (database: Database, place: DatabaseLocation) => Promise<T>,
): Promise<T> {
  const config = context.config();
  const place = locateDatabase({ dataDir: config.DATA_DIR, databaseUrl: config.DATABASE_URL }, "journal");
  // Opening would make the file.
  if ("file" in place && !existsSync(place.file)) {
    throw new Error(`there is no journal: ${place.file} does not exist`);
  }
  const database = openDatabase(place);
  try {
    return await work(database, place);
  } finally {
    await database.close();
  }
}

function keysOf({ JOURNAL_KEYS: text, DATA_DIR: dataDir }: Config): JournalKeys {
  return text === undefined ? loadJournalKeys(dataDir) : parseJournalKeys(text);
}

async function recordLine(
  { clock, stderr }: CommandContext,
  database: DatabaseLocation,
  keys: JournalKeys,
  line: JournalLine,
): Promise<void> {
  const onError = (error: Error) => stderr.write(`journal: ${error.message}\n`);
  const journal = await createJournal({ database, keys, clock, onError });
  try {
    await journal.append(line);
  } finally {
    await journal.close();
  }
}
