// What the tests of this folder share: tokens that differ in one property only, and a clock that is set.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { NewToken } from "../../src/access/access-storage.ts";
import { createTokenSecret, hashTokenSecret } from "../../src/access/token-secret.ts";
import type { Clock } from "../../src/clock.ts";
import { type Database, openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";

export const start = Date.parse("2026-09-01T08:00:00Z");
export const dayMs = 86_400_000;

/** Shows a set date; its monotonic side stands still unless it is set too. */
export function settableClock(): Clock & { date: number; elapsed: number } {
  return {
    date: start,
    elapsed: 0,
    now() {
      return this.date;
    },
    monotonic() {
      return this.elapsed;
    },
  };
}

let made = 0;

/** A token of a partner and procedure of its own, valid for 100 days, with its secret. */
export function sampleToken(different: Partial<NewToken> = {}): NewToken & { readonly secret: string } {
  made += 1;
  const secret = createTokenSecret();
  return {
    tokenId: `tok_${made}`,
    secretHash: hashTokenSecret(secret),
    scopes: ["mesri_admissions", "mesri_identite"],
    allowedNetworks: [],
    callsPerSecond: undefined,
    createdAt: start + made,
    validFrom: start,
    expiresAt: start + 100 * dayMs,
    procedure: { id: `prc_${made}`, name: `Démarche ${made}` },
    partner: { id: `prt_${made}`, siret: String(made).padStart(14, "0"), name: `Commune ${made}` },
    ...different,
    secret,
  };
}

export async function temporaryFolder(context: Pick<TestContext, "after">): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "statut-access-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A migrated SQLite database that goes away with the test. */
export async function temporaryDatabase(context: Pick<TestContext, "after">): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), "statut-access-"));
  const database = openDatabase({ file: join(folder, "statut.db") });
  context.after(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });
  await migrate(database.knex, "main");
  return database;
}

/** Awaits what becomes true soon; gives the milliseconds that it took. */
export async function waitUntil(isTrue: () => boolean, limitMs: number): Promise<number> {
  const from = performance.now();
  while (!isTrue()) {
    if (performance.now() - from > limitMs) throw new Error(`still false after ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - from;
}
