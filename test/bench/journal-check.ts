// The closing check of every row: each answered call is in the service's journal, and the journal verifies.
import { loadOrCreateJournalKeys, parseJournalKeys } from "../../src/journal/journal-keys.ts";
import { createJournalReader } from "../../src/journal/journal-storage.ts";
import { verifyJournal } from "../../src/journal/verify-journal.ts";
import { locateDatabase, openDatabase } from "../../src/storage/database.ts";
import type { Server } from "./servers.ts";

export interface JournalPlace {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly journalKeys: string | undefined;
}

/** Lines of these tokens' calls by outcome, of calls that came since an instant. */
export async function countOutcomes(
  place: JournalPlace,
  tokenIds: ReadonlySet<string>,
  since: number,
): Promise<Map<string, number>> {
  const database = openDatabase(locateDatabase(place, "journal"));
  try {
    const rows: { token_id: string; outcome: string; lines: number }[] = await database
      .knex("journal_lines")
      .select("token_id", "outcome")
      .count({ lines: "*" })
      .where("received_at", ">=", since)
      .groupBy("token_id", "outcome");
    const outcomes = new Map<string, number>();
    for (const { token_id, outcome, lines } of rows) {
      if (tokenIds.has(token_id)) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + Number(lines));
    }
    return outcomes;
  } finally {
    await database.close();
  }
}

/** Throws when an answered call is missing, when the journal has calls that nobody made, or when it is broken. */
export async function checkJournal(
  servers: readonly Server[],
  place: JournalPlace,
  tokenIds: ReadonlySet<string>,
  since: number,
): Promise<void> {
  const outcomes = await countOutcomes(place, tokenIds, since);
  const traced = [...outcomes.values()].reduce((sum, lines) => sum + lines, 0);
  const tracedAnswers = outcomes.get("answered") ?? 0;
  const answered = servers.reduce((sum, server) => sum + server.answered, 0);
  const unfinished = servers.reduce((sum, server) => sum + server.unfinished, 0);
  const story = `${answered} calls answered, ${unfinished} cut or refused; in the journal: ${traced}, of which ${tracedAnswers} answered`;
  if (tracedAnswers < answered) throw new Error(`calls have no line: ${story}`);
  if (traced > answered + unfinished) throw new Error(`lines have no call: ${story}`);
  await verify(place);
}

async function verify(place: JournalPlace): Promise<void> {
  const keys =
    place.journalKeys === undefined
      ? loadOrCreateJournalKeys(place.dataDir)
      : parseJournalKeys(place.journalKeys);
  const database = openDatabase(locateDatabase(place, "journal"));
  try {
    const { broken } = await verifyJournal(createJournalReader(database, keys), keys);
    if (broken.length > 0) throw new Error(`the journal is broken: ${JSON.stringify(broken[0])}`);
  } finally {
    await database.close();
  }
}
