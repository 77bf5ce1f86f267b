// What every suite of the whole service needs: limits out of the way, tokens, the journal's lines, and the check at
// its end.
import assert from "node:assert/strict";
import { parseJournalKeys } from "../../src/journal/journal-keys.ts";
import { createJournalReader, type JournalRecord } from "../../src/journal/journal-storage.ts";
import { position } from "../../src/journal/line-encoding.ts";
import { type DatabaseLocation, openDatabase } from "../../src/storage/database.ts";
import { eventually } from "./eventually.ts";
import type { RunningService } from "./service.ts";

export const recipient = "13002526500013";
export const ine = "951242368CR";
/** The REST route of a lookup that finds a student of the demonstration. */
export const lookupRoute = `/v1/students/${ine}?recipient=${recipient}`;

/** Limits far above what a test asks for, time for a turn that a slow machine gives late, and the whole demonstration. */
export const unlimited = {
  QUEUE_MAX_WAIT_MS: "5000",
  CALLS_PER_SECOND: "100000",
  TOKEN_CALLS_PER_SECOND: "100000",
  ADMISSION_WINDOW: "all",
};

/** Keys that two instances, or a restarted one, share. */
export const journalKeys = ["one", "index"]
  .map((id, index) => `${id} ${Buffer.alloc(32, index + 1).toString("base64")}`)
  .join("\n");

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** Issues a token with all scopes as an operator does; `siret` names its partner. */
export async function issueToken(
  service: RunningService,
  siret: string,
  ...options: string[]
): Promise<{ readonly token: string; readonly tokenId: string }> {
  const { code, stdout, stderr } = await service.statut(
    ...["token", "issue", "--partner-siret", siret, "--partner-name", `Partenaire ${siret}`],
    ...["--procedure", "Essai", "--scopes", "mesri_identite,mesri_admissions", "--json", ...options],
  );
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

export interface Line {
  readonly requestId: string;
  readonly tokenId: string | null;
  readonly receivedAt: number;
  readonly durationUs: number;
  readonly httpMethod: string;
  readonly httpStatus: number;
  readonly clientAddress: string;
  readonly errorId: string;
  readonly outcome: string;
  readonly protocol: string;
}

const fields = [
  "requestId",
  "tokenId",
  "receivedAt",
  "durationUs",
  "httpMethod",
  "httpStatus",
  "clientAddress",
  "errorId",
  "outcome",
  "protocol",
] as const satisfies readonly (keyof Line)[];
const pageSize = 5000;

/** All lines of a journal, chain by chain, oldest first. */
export async function readJournal(location: DatabaseLocation): Promise<Line[]> {
  const database = openDatabase(location);
  const reader = createJournalReader(database, parseJournalKeys(journalKeys));
  const lines: Line[] = [];
  try {
    for (let last: JournalRecord | undefined; ; ) {
      const page = await reader.linesAfter(last, pageSize);
      lines.push(...page.map(toLine));
      last = page.at(-1);
      if (page.length < pageSize) return lines;
    }
  } finally {
    await database.close();
  }
}

function toLine({ values }: JournalRecord): Line {
  return Object.fromEntries(fields.map((field) => [field, values[position[field]]])) as unknown as Line;
}

/** The service lives, takes calls, and its journal verifies. */
export async function assertWhole(service: RunningService, client: typeof fetch = fetch): Promise<void> {
  assert.equal(service.process.exitCode ?? service.process.signalCode, null, service.log());
  await eventually(async () => (await client(`${service.origin}/readyz`)).status === 200);
  const verified = await service.statut("journal", "verify");
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
}
