// What the tests of this folder share: tokens that differ in one property only, and a clock that is set.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createAccessStorage, type PartnerState, raiseVersion } from "../../src/access/access-storage.ts";
import { createTokenSecret, hashTokenSecret } from "../../src/access/token-secret.ts";
import { systemActor } from "../../src/audit/actor.ts";
import { createLedger, type LedgerTransaction } from "../../src/audit/ledger.ts";
import type { Clock } from "../../src/clock.ts";
import { insertProcedure } from "../../src/procedure/procedure-storage.ts";
import { type Database, openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { insertToken, updateToken } from "../../src/token/token-change-storage.ts";
import { findToken } from "../../src/token/token-storage.ts";

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

export interface SampleToken {
  readonly tokenId: string;
  readonly secret: string;
  readonly secretHash: Buffer;
  readonly scopes: readonly string[];
  readonly allowedNetworks: readonly string[];
  readonly callsPerSecond: number | undefined;
  readonly createdAt: number;
  readonly validFrom: number;
  readonly expiresAt: number;
  readonly procedure: { readonly id: string; readonly name: string };
  readonly partner: { readonly id: string; readonly siret: string; readonly name: string };
}

let made = 0;

/** A token of a partner and procedure of its own, valid for 100 days, with its secret. */
export function sampleToken(different: Partial<SampleToken> = {}): SampleToken {
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

/** What the directory reads, and what fills the tables behind it, each as one change of the ledger. */
export function sampleStorage(database: Database) {
  const clock = { ...settableClock(), now: () => start };
  const ledger = createLedger({ database, clock, raiseVersion });
  const change = <T>(work: (transaction: LedgerTransaction) => Promise<T>) =>
    ledger.change(systemActor("sample"), work);
  return {
    ...createAccessStorage(database),
    /** Its partner is found by SIRET and its procedure by identifier, or made. */
    insertToken: (token: SampleToken) => change((transaction) => insertSample(transaction, token)),
    setPartnerState: (siret: string, state: PartnerState, reason: string) =>
      change(async ({ knex, version }) => {
        await knex("partners").where("siret", siret).update({ state, state_reason: reason, version });
      }),
    revokeToken: (tokenId: string, revokedAt: number, reason: string) =>
      change(async ({ knex, version }) => {
        const token = await findToken(knex, tokenId);
        if (token === undefined) throw new Error(`no token ${tokenId}`);
        await updateToken(knex, { ...token, revokedAt, revokedReason: reason }, version);
      }),
  };
}

async function insertSample(
  { knex, version }: LedgerTransaction,
  { partner, procedure, tokenId: id, secret: _, ...token }: SampleToken,
): Promise<void> {
  const { createdAt } = token;
  const known = await knex("partners").select("id").where("siret", partner.siret).first();
  if (known === undefined) {
    await knex("partners").insert({ ...partner, state: "active", created_at: createdAt, version });
  }
  if ((await knex("procedures").select("id").where("id", procedure.id).first()) === undefined) {
    const nothing = { proposal: undefined, approved: undefined, decision: undefined, submittedAt: undefined };
    const procedureRow = {
      ...{
        ...procedure,
        ...nothing,
        partnerId: known?.id ?? partner.id,
        state: "approved" as const,
        revision: 1,
      },
      ...{ closenessApproved: false, origin: "terminal" as const, createdAt, updatedAt: createdAt },
    };
    await insertProcedure(knex, procedureRow, version);
  }
  await insertToken(knex, { ...token, id, procedureId: procedure.id, origin: "terminal" }, version);
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
