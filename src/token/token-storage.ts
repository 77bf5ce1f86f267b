// Reads tokens: with their partner, through the view that joins it, their procedures and their secrets.
import type { Knex } from "knex";
import { applyPage, finishPage, type Page } from "../storage/page.ts";
import type { SecretRecord, TokenRecord } from "./token-record.ts";
import { expiringMs, type TokenStatus } from "./token-status.ts";

interface TokenRow {
  readonly id: string;
  readonly partner_id: string;
  readonly partner_siret: string;
  readonly partner_name: string;
  readonly partner_state: string;
  readonly procedure_id: string;
  readonly scopes: string;
  readonly allowed_networks: string;
  readonly calls_per_second: number | null;
  readonly created_at: number;
  readonly valid_from: number;
  readonly expires_at: number;
  readonly revoked_at: number | null;
  readonly revoked_reason: string | null;
  readonly leaked_at: number | null;
  readonly prolonged_at: number | null;
  readonly origin: string;
  readonly revision: number;
}

const columns = [
  ...["id", "partner_id", "partner_siret", "partner_name", "partner_state", "procedure_id", "scopes"],
  ...["allowed_networks", "calls_per_second", "created_at", "valid_from", "expires_at", "revoked_at"],
  ...["revoked_reason", "leaked_at", "prolonged_at", "origin", "revision"],
];

/** The columns that a list of tokens can be ordered by. */
export const tokenOrders = { create_time: "created_at", expire_time: "expires_at" } as const;

export interface TokenFilter {
  readonly partnerId: string | undefined;
  readonly procedureId: string | undefined;
  /** `active` gives those that were never used too: calls are counted elsewhere. */
  readonly status: Exclude<TokenStatus, "never used"> | undefined;
}

/** Every token with its partner, whatever has become of them. */
export async function listTokenHolders(
  knex: Knex,
): Promise<{ readonly id: string; readonly partnerId: string }[]> {
  const rows: Pick<TokenRow, "id" | "partner_id">[] = await knex("token_records")
    .select("id", "partner_id")
    .orderBy("id");
  return rows.map((row) => ({ id: row.id, partnerId: row.partner_id }));
}

/** The tokens of a partner, whatever their state: what was done with them stays the partner's. */
export async function listTokenIds(knex: Knex, partnerId: string): Promise<string[]> {
  return await knex("token_records").where("partner_id", partnerId).orderBy("id").pluck("id");
}

export async function findToken(knex: Knex, id: string): Promise<TokenRecord | undefined> {
  const rows: TokenRow[] = await select(knex).where("id", id);
  return (await complete(knex, rows))[0];
}

/** `now`: milliseconds since 1970, for the status. */
export async function listTokens(knex: Knex, filter: TokenFilter, page: Page, now: number) {
  const query = select(knex);
  if (filter.partnerId !== undefined) query.where("partner_id", filter.partnerId);
  if (filter.procedureId !== undefined) query.whereIn("id", servingIds(knex, filter.procedureId));
  if (filter.status !== undefined) whereStatus(query, filter.status, now);
  const rows: TokenRow[] = await applyPage(query, page);
  const column = page.column as "created_at" | "expires_at";
  const finished = finishPage(rows, page, (row) => [row[column], row.id]);
  return { ...finished, rows: await complete(knex, finished.rows) };
}

/**
 * Tokens that serve a procedure and are neither past nor revoked. One that will be revoked at a date still serves it,
 * but `lasting` leaves it out: another one may take its place.
 */
export async function findServingTokens(
  knex: Knex,
  procedureId: string,
  now: number,
  lasting?: "lasting",
): Promise<TokenRecord[]> {
  const query = select(knex).whereIn("id", servingIds(knex, procedureId)).andWhere("expires_at", ">", now);
  query.whereRaw("coalesce(revoked_at, ?) > ?", [
    Number.MAX_SAFE_INTEGER,
    lasting === undefined ? now : Number.MAX_SAFE_INTEGER - 1,
  ]);
  return await complete(knex, await query);
}

function servingIds(knex: Knex, procedureId: string): Knex.QueryBuilder {
  return knex("token_procedures").select("token_id").where("procedure_id", procedureId);
}

/** The conditions of each status, in the order of `tokenStatus`: the first one that holds is the status. */
const conditions: readonly (readonly [Exclude<TokenStatus, "never used">, string])[] = [
  ["revoked", "(coalesce(revoked_at, :never) <= :now or partner_state = 'terminated')"],
  ["expired", "expires_at <= :now"],
  ["suspended", "partner_state <> 'active'"],
  ["not yet valid", "valid_from > :now"],
  ["revoked later", "coalesce(revoked_at, :never) < expires_at"],
  ["expiring", "expires_at <= :expiring"],
  ["active", "1 = 1"],
];

function whereStatus(query: Knex.QueryBuilder, status: TokenStatus, now: number): void {
  const values = { now, never: Number.MAX_SAFE_INTEGER, expiring: now + expiringMs };
  for (const [name, condition] of conditions) {
    if (name === status) {
      query.whereRaw(condition, values);
      return;
    }
    query.whereRaw(`not ${condition}`, values);
  }
}

function select(knex: Knex): Knex.QueryBuilder {
  return knex("token_records").select(columns);
}

/** Adds what hangs on each token. */
async function complete(knex: Knex, rows: readonly TokenRow[]): Promise<TokenRecord[]> {
  const ids = rows.map(({ id }) => id);
  if (ids.length === 0) return [];
  const procedures: { token_id: string; procedure_id: string; name: string }[] = await knex(
    "token_procedure_names",
  )
    .select("token_id", "procedure_id", "name")
    .whereIn("token_id", ids)
    .orderBy(["joined_at", "procedure_id"]);
  const secrets: { token_id: string; created_at: number; expires_at: number | null }[] = await knex(
    "token_secrets",
  )
    .select("token_id", "created_at", "expires_at")
    .whereIn("token_id", ids)
    .orderBy([
      { column: "created_at", order: "desc" },
      // Of two made at the same time, the one that goes on.
      { column: knex.raw("coalesce(expires_at, ?)", [Number.MAX_SAFE_INTEGER]) as never, order: "desc" },
    ]);
  const proceduresOf = Map.groupBy(procedures, ({ token_id }) => token_id);
  const secretsOf = Map.groupBy(secrets, ({ token_id }) => token_id);
  return rows.map((row) =>
    toRecord(
      row,
      (proceduresOf.get(row.id) ?? []).map(({ procedure_id: id, name }) => ({ id, name })),
      (secretsOf.get(row.id) ?? []).map(({ created_at: createdAt, expires_at }) => ({
        createdAt,
        expiresAt: expires_at ?? undefined,
      })),
    ),
  );
}

function toRecord(
  row: TokenRow,
  procedures: TokenRecord["procedures"],
  secrets: readonly SecretRecord[],
): TokenRecord {
  const own = procedures.filter(({ id }) => id === row.procedure_id);
  return {
    id: row.id,
    partnerId: row.partner_id,
    partnerSiret: row.partner_siret,
    partnerName: row.partner_name,
    partnerState: row.partner_state,
    procedures: [...own, ...procedures.filter(({ id }) => id !== row.procedure_id)],
    scopes: JSON.parse(row.scopes),
    allowedNetworks: JSON.parse(row.allowed_networks),
    callsPerSecond: row.calls_per_second ?? undefined,
    createdAt: row.created_at,
    validFrom: row.valid_from,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at ?? undefined,
    revokedReason: row.revoked_reason ?? undefined,
    leakedAt: row.leaked_at ?? undefined,
    prolongedAt: row.prolonged_at ?? undefined,
    issuedAtTerminal: row.origin === "terminal",
    revision: row.revision,
    secrets,
  };
}
