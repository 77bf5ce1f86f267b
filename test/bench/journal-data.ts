// A journal that holds many lines already, written by the journal itself.
import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { createJournal } from "../../src/journal/create-journal.ts";
import type { JournalLine } from "../../src/journal/journal.ts";
import { loadOrCreateJournalKeys } from "../../src/journal/journal-keys.ts";
import { rebuildRollups } from "../../src/journal/rebuild-rollups-storage.ts";
import { createRequestId } from "../../src/request/request-id.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { waitLimits } from "../../src/wait-limits.ts";
import { cached, type Dataset, mainFile } from "./datasets.ts";

/** Lines in the writer's hands at once: below the journal's limit of 2,000. */
const linesAtOnce = 1500;
/** For a disk that stands still for a while: late lines would be more than the journal holds, and be lost. */
const patienceMs = 60_000;
const linesApartMs = 700;
const tokenCount = 40;

/**
 * A service's folder whose journal has this many lines. It is used in place, and grows: beyond half as many again it
 * is made anew.
 */
export async function prepareJournal(dataset: Dataset, lines: number): Promise<string> {
  const fill = (folder: string) => fillJournal(folder, lines);
  let folder = await cached(`journal-${lines}`, fill, "journal");
  if ((await countLines(folder)) > lines * 1.5) {
    rmSync(folder, { recursive: true });
    folder = await cached(`journal-${lines}`, fill, "journal");
  }
  const link = join(folder, mainFile);
  rmSync(link, { force: true });
  symlinkSync(dataset.file, link);
  return folder;
}

async function countLines(folder: string): Promise<number> {
  if (!existsSync(join(folder, "journal.db"))) return 0;
  const database = openDatabase({ file: join(folder, "journal.db") });
  try {
    const rows: { lines?: number | string }[] = await database.knex("journal_lines").count({ lines: "*" });
    return Number(rows[0]?.lines ?? 0);
  } finally {
    await database.close();
  }
}

async function fillJournal(folder: string, lines: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const location = { file: join(folder, "journal.db") };
  const database = openDatabase(location);
  await migrate(database.knex, "journal");
  await database.close();
  const options = { database: location, keys: loadOrCreateJournalKeys(folder), clock: systemClock };
  const failures: Error[] = [];
  waitLimits.traceMs = patienceMs;
  const journal = await createJournal({ ...options, onError: (error) => failures.push(error) });
  try {
    for (let done = 0; done < lines; ) {
      const group = Array.from({ length: Math.min(linesAtOnce, lines - done) }, (_, index) =>
        journal.append(makeLine(done + index, lines)),
      );
      done += group.length;
      await Promise.all(group);
    }
  } finally {
    await journal.close();
  }
  const [failure] = failures;
  if (failure !== undefined) throw new Error(`the journal was not filled: ${failure.message}`);
  await fileAll(location);
}

/** Lines that the statistics lack would be filed while the calls are measured. */
async function fileAll(location: { readonly file: string }): Promise<void> {
  const database = openDatabase(location);
  try {
    await rebuildRollups(database, { from: 0, now: Date.now() });
  } finally {
    await database.close();
  }
}

/** A lookup of one of a million students by one of forty tokens, in the past weeks. */
function makeLine(index: number, lines: number): JournalLine {
  const receivedAt = Date.now() - (lines - index) * linesApartMs;
  const ine = `${String((index * 7_919_117) % 1_000_000).padStart(10, "0")}A`;
  const token = index % tokenCount;
  return {
    requestId: createRequestId(receivedAt),
    receivedAt,
    tokenId: `tok_fictitious${token}`,
    procedureId: `prc_fictitious${token % 10}`,
    protocol: "rest",
    httpMethod: "GET",
    route: "/v1/students/{ine}",
    rpc: "statutetudiant.lookup.v1.LookupService/LookupByIne",
    recipient: "13002526500013",
    clientAddress: `192.0.2.${token}`,
    userAgent: "partner-client/4.2 (node 24; linux)",
    httpStatus: 200,
    rpcCode: "ok",
    errorId: "",
    outcome: index % 9 === 0 ? "not_found" : "answered",
    durationUs: 300 + (index % 900),
    responseBytes: 411 + (index % 90),
    sealed: {
      target: `/v1/students/${ine}?recipient=13002526500013`,
      parameters: JSON.stringify({ ine, recipient: "13002526500013" }),
      agent: undefined,
      ine,
      finding: "one",
    },
  };
}
