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

/** Calls in the journal by outcome: `answered` and the others. */
export interface Counted {
  readonly answered: number;
  readonly others: number;
}

export const nothing: Counted = { answered: 0, others: 0 };

/** Counts the calls of tokens, as the journal counts them for partners. */
export async function countCalls(place: JournalPlace, tokenIds: ReadonlySet<string>): Promise<Counted> {
  const outcomes = await countOutcomes(place, tokenIds);
  const answered = outcomes.get("answered") ?? 0;
  return { answered, others: [...outcomes.values()].reduce((sum, calls) => sum + calls, 0) - answered };
}

/** The same by outcome, to tell why a row failed. */
export async function countOutcomes(
  place: JournalPlace,
  tokenIds: ReadonlySet<string>,
): Promise<Map<string, number>> {
  const database = openDatabase(locateDatabase(place, "journal"));
  try {
    const rows: { token_id: string; outcome: string; calls: number }[] = await database
      .knex("journal_usage")
      .select("token_id", "outcome")
      .sum({ calls: "calls" })
      .groupBy("token_id", "outcome");
    const outcomes = new Map<string, number>();
    for (const { token_id, outcome, calls } of rows) {
      if (tokenIds.has(token_id)) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + Number(calls));
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
  before: Counted,
): Promise<number> {
  const after = await countCalls(place, tokenIds);
  const counted = after.answered - before.answered;
  const others = after.others - before.others;
  const answered = servers.reduce((sum, server) => sum + server.answered, 0);
  const unfinished = servers.reduce((sum, server) => sum + server.unfinished, 0);
  const story = `${answered} calls answered, ${unfinished} cut; journal: ${counted} answered, ${others} others`;
  if (counted + others < answered || counted + others > answered + unfinished) throw new Error(story);
  if (others > unfinished) throw new Error(`calls failed: ${story}`);
  await verify(place);
  return counted;
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
