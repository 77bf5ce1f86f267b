import type { Config } from "../config.ts";
import {
  type JournalKeys,
  loadJournalKeys,
  loadOrCreateJournalKeys,
  parseJournalKeys,
} from "../journal/journal-keys.ts";
import { hasLines } from "../journal/journal-storage.ts";
import type { Database } from "../storage/database.ts";

/** The keys of the configuration, or those of the folder: they are made for a journal without lines only, since
 * others would open nothing of it. */
export async function openJournalKeys(config: Config, journal: Database): Promise<JournalKeys> {
  if (config.JOURNAL_KEYS !== undefined) return parseJournalKeys(config.JOURNAL_KEYS);
  return (await hasLines(journal))
    ? loadJournalKeys(config.DATA_DIR)
    : loadOrCreateJournalKeys(config.DATA_DIR);
}
