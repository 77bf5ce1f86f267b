// What the journal's tests share: lines, and a journal in a fresh database of either kind.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate, setTimeout } from "node:timers/promises";
import type { Clock } from "../../src/clock.ts";
import { createJournal } from "../../src/journal/create-journal.ts";
import type { Journal, JournalLine, SealedFacts } from "../../src/journal/journal.ts";
import { type JournalKeys, parseJournalKeys } from "../../src/journal/journal-keys.ts";
import { createJournalReader, type JournalReader } from "../../src/journal/journal-storage.ts";
import { createRollupReader, type RollupReader } from "../../src/journal/rollup-reader-storage.ts";
import { nextParisDay, parisDay, startOfParisDay } from "../../src/paris-time.ts";
import { type Database, type DatabaseLocation, openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";

const key = (byte: number) => Buffer.alloc(32, byte).toString("base64");
export const oldKeyText = `old ${key(1)}\nindex ${key(9)}\n`;
export const rotatedKeyText = `new ${key(2)}\nold ${key(1)}\nindex ${key(9)}\n`;
export const keys = parseJournalKeys(oldKeyText);

let lines = 0;

type LineChanges = Partial<Omit<JournalLine, "sealed">> & { readonly sealed?: Partial<SealedFacts> };

/** A line of a lookup by INE; each has a request id of its own. */
export function line({ sealed, ...changes }: LineChanges = {}): JournalLine {
  lines += 1;
  return {
    requestId: `request-${process.pid}-${lines}`,
    receivedAt: Date.UTC(2026, 9, 1, 10) + lines,
    tokenId: "tok_one",
    procedureId: "procedure_one",
    protocol: "rest",
    httpMethod: "GET",
    route: "/v1/students/{ine}",
    rpc: "statutetudiant.lookup.v1.LookupService/GetStudentByIne",
    recipient: "13002526500013",
    clientAddress: "192.0.2.7",
    userAgent: "agent/1.0",
    httpStatus: 200,
    rpcCode: "ok",
    errorId: "",
    outcome: "answered",
    durationUs: 812.4,
    responseBytes: 411,
    ...changes,
    sealed: {
      target: "/v1/students/1234567890A?recipient=13002526500013",
      parameters: '{"ine":"1234567890A"}',
      agent: undefined,
      ine: "1234567890A",
      finding: "one",
      ...sealed,
    },
  };
}

export interface OpenJournal extends AsyncDisposable {
  readonly location: DatabaseLocation;
  readonly database: Database;
  readonly journal: Journal;
  readonly reader: JournalReader;
  readonly rollups: RollupReader;
  readonly errors: Error[];
}

export interface PatientClock extends Clock {
  /** Whether time passes, so that lines can be late; not at first. */
  runs: boolean;
}

/** For whom no line is late while it stands: how fast the machine is must not matter to a test that does not ask. */
export function patientClock(): PatientClock {
  const clock = { runs: false, now: () => Date.now(), monotonic: () => (clock.runs ? performance.now() : 0) };
  return clock;
}

/** A journal in a migrated database. Tests of what happens in time give it a clock that they let run. */
export async function openJournal(
  location: DatabaseLocation,
  journalKeys: JournalKeys = keys,
  clock: Clock = patientClock(),
): Promise<OpenJournal> {
  const database = openDatabase(location);
  await migrate(database.knex, "journal");
  const errors: Error[] = [];
  const journal = await createJournal({
    database: location,
    keys: journalKeys,
    clock,
    onError: (error) => errors.push(error),
  });
  return {
    location,
    database,
    journal,
    reader: createJournalReader(database, journalKeys),
    rollups: createRollupReader(database),
    errors,
    async [Symbol.asyncDispose]() {
      await journal.close();
      await database.close();
    },
  };
}

/** A folder that goes away with the process. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "statut-journal-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the service promises to a call whose line cannot be written. */
const refusedWithinMs = 250;

/**
 * How each of the calls ended; those that a timer overtook which was set behind them, for as long as the service may let
 * them wait, are late. A machine that stalls holds up both.
 */
export async function outcomes(
  appends: readonly Promise<void>[],
): Promise<{ ok: number; refused: number; late: number }> {
  let [ok, refused] = [0, 0];
  const ends = appends.map((append) =>
    append.then(
      () => {
        ok += 1;
      },
      () => {
        refused += 1;
      },
    ),
  );
  // In the next turn, the timer counts from now and not from when the calls began.
  await setImmediate();
  await setTimeout(refusedWithinMs);
  const late = appends.length - ok - refused;
  await Promise.all(ends);
  return { ok, refused, late };
}

/** Whether the call is refused before anything else happens. */
export async function isRefusedAtOnce(append: Promise<void>): Promise<boolean> {
  let refused = false;
  append.catch(() => {
    refused = true;
  });
  await setImmediate();
  return refused;
}

/** Calls of a token by day and outcome, from one day of Europe/Paris to another, both included. */
export async function usageByDay({ rollups }: OpenJournal, tokenId: string, first: string, last: string) {
  const cells = await rollups.usage({
    ...{ grain: "day", from: startOfParisDay(first), until: nextParisDay(startOfParisDay(last)) },
    ...{ tokenIds: [tokenId], by: ["outcome"], overTime: true, withLatency: false },
  });
  return cells.map(({ bucket, facts, calls }) => ({ day: parisDay(bucket), outcome: facts.outcome, calls }));
}
