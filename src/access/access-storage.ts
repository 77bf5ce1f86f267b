// The only SQL on partners, procedures and tokens. Every write raises the one access version first, which takes the
// write lock (SQLite) or the row's lock (PostgreSQL): versions are committed in their order, and whoever watches the
// version can read exactly what changed since.

import type { Knex } from "knex";
import { type Awaitable, then } from "../awaitable.ts";
import type { Database } from "../storage/database.ts";
import { untilUnlocked } from "../storage/until-unlocked.ts";

export type PartnerState = "active" | "suspended" | "terminated";

/** A token with its procedure and partner, as stored. Instants are in milliseconds. */
export interface AccessRecord {
  readonly tokenId: string;
  readonly secretHash: Buffer;
  readonly scopes: readonly string[];
  /** CIDR notation; empty: any address. */
  readonly allowedNetworks: readonly string[];
  readonly callsPerSecond: number | undefined;
  readonly createdAt: number;
  readonly validFrom: number;
  readonly expiresAt: number;
  /** Refused from this instant on, which may lie ahead. */
  readonly revokedAt: number | undefined;
  readonly revokedReason: string | undefined;
  readonly procedureId: string;
  readonly procedureName: string;
  readonly partnerId: string;
  readonly partnerSiret: string;
  readonly partnerName: string;
  readonly partnerState: PartnerState;
  /** The access version of the last change of any of the three. */
  readonly version: number;
}

/** A token to store. The partner is found by SIRET and the procedure by name, or made with these identifiers. */
export interface NewToken {
  readonly tokenId: string;
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

export interface PartnerRecord {
  readonly id: string;
  readonly siret: string;
  readonly name: string;
  readonly state: PartnerState;
  readonly stateReason: string | undefined;
}

export interface AccessStorage {
  readVersion(): Awaitable<number>;
  /** Tokens of which anything changed after `version`; 0 gives all. */
  readChanges(version: number): Awaitable<AccessRecord[]>;
  insertToken(token: NewToken): Promise<void>;
  /** All tokens, the newest first. */
  listTokens(): Promise<AccessRecord[]>;
  findToken(tokenId: string): Promise<AccessRecord | undefined>;
  /** False when no token has this identifier. An earlier revocation stays: the sooner instant wins. */
  revokeToken(tokenId: string, revokedAt: number, reason: string): Promise<boolean>;
  findPartner(siret: string): Promise<PartnerRecord | undefined>;
  /** False when no partner has this SIRET. */
  setPartnerState(siret: string, state: PartnerState, reason: string): Promise<boolean>;
}

interface AccessRow {
  token_id: string;
  secret_hash: Buffer;
  scopes: string;
  allowed_networks: string;
  calls_per_second: number | null;
  created_at: number;
  valid_from: number;
  expires_at: number;
  revoked_at: number | null;
  revoked_reason: string | null;
  procedure_id: string;
  procedure_name: string;
  partner_id: string;
  partner_siret: string;
  partner_name: string;
  partner_state: PartnerState;
  token_version: number;
  procedure_version: number;
  partner_version: number;
}

const accessColumns = {
  token_id: "tokens.id",
  secret_hash: "tokens.secret_hash",
  scopes: "tokens.scopes",
  allowed_networks: "tokens.allowed_networks",
  calls_per_second: "tokens.calls_per_second",
  created_at: "tokens.created_at",
  valid_from: "tokens.valid_from",
  expires_at: "tokens.expires_at",
  revoked_at: "tokens.revoked_at",
  revoked_reason: "tokens.revoked_reason",
  procedure_id: "procedures.id",
  procedure_name: "procedures.name",
  partner_id: "partners.id",
  partner_siret: "partners.siret",
  partner_name: "partners.name",
  partner_state: "partners.state",
  token_version: "tokens.version",
  procedure_version: "procedures.version",
  partner_version: "partners.version",
};

export function createAccessStorage(database: Database): AccessStorage {
  const { knex } = database;
  const versionQuery = database.prepare<{ version: number }>("access_version", (builder) =>
    builder("access_version").select("version").where("id", 1),
  );
  const changesQuery = database.prepare<AccessRow>("access_changes", (builder) =>
    selectAccess(builder)
      .where("tokens.version", ">", builder.raw("?"))
      .orWhere("procedures.version", ">", builder.raw("?"))
      .orWhere("partners.version", ">", builder.raw("?")),
  );
  const write = <T>(change: (transaction: Knex.Transaction, version: number) => Promise<T>) =>
    untilUnlocked(() =>
      knex.transaction(async (transaction) => change(transaction, await raiseVersion(transaction))),
    );

  return {
    readVersion: () => then(versionQuery(1), (rows) => rows[0]?.version ?? 0),
    readChanges: (version) => then(changesQuery(version, version, version), (rows) => rows.map(toRecord)),
    insertToken: (token) => write((transaction, version) => insertToken(transaction, version, token)),
    async listTokens() {
      const rows: AccessRow[] = await selectAccess(knex).orderBy([
        { column: "tokens.created_at", order: "desc" },
        { column: "tokens.id" },
      ]);
      return rows.map(toRecord);
    },
    async findToken(tokenId) {
      const row: AccessRow | undefined = await selectAccess(knex).where("tokens.id", tokenId).first();
      return row === undefined ? undefined : toRecord(row);
    },
    revokeToken: (tokenId, revokedAt, reason) =>
      write(async (transaction, version) => {
        const known = await transaction("tokens").select("id").where("id", tokenId).first();
        await transaction("tokens")
          .where("id", tokenId)
          .andWhere((sooner) => sooner.whereNull("revoked_at").orWhere("revoked_at", ">", revokedAt))
          .update({ revoked_at: revokedAt, revoked_reason: reason, version });
        return known !== undefined;
      }),
    async findPartner(siret) {
      const row = await knex("partners")
        .select("id", "siret", "name", "state", "state_reason")
        .where("siret", siret)
        .first();
      return row === undefined ? undefined : { ...toPartner(row) };
    },
    setPartnerState: (siret, state, reason) =>
      write(async (transaction, version) => {
        const change = { state, state_reason: reason, version };
        return (await transaction("partners").where("siret", siret).update(change)) > 0;
      }),
  };
}

function selectAccess(builder: Knex) {
  return builder("tokens")
    .join("procedures", "procedures.id", "tokens.procedure_id")
    .join("partners", "partners.id", "procedures.partner_id")
    .select(accessColumns);
}

/** Raises the access version, whose lock puts all writers in one order, and returns it. */
export async function raiseVersion(transaction: Knex.Transaction): Promise<number> {
  await transaction("access_version").where("id", 1).increment("version", 1);
  const row = await transaction("access_version").select("version").where("id", 1).first();
  return row.version;
}

async function insertToken(transaction: Knex.Transaction, version: number, token: NewToken): Promise<void> {
  const { createdAt } = token;
  const partnerId =
    (await transaction("partners").select("id").where("siret", token.partner.siret).first())?.id ??
    (await insert(transaction, "partners", {
      ...token.partner,
      state: "active",
      created_at: createdAt,
      version,
    }));
  const named = { partner_id: partnerId, name: token.procedure.name };
  const procedureId =
    (await transaction("procedures").select("id").where(named).first())?.id ??
    (await insert(transaction, "procedures", {
      id: token.procedure.id,
      ...named,
      created_at: createdAt,
      version,
    }));
  await insert(transaction, "tokens", {
    id: token.tokenId,
    procedure_id: procedureId,
    secret_hash: token.secretHash,
    scopes: JSON.stringify(token.scopes),
    allowed_networks: JSON.stringify(token.allowedNetworks),
    calls_per_second: token.callsPerSecond ?? null,
    created_at: createdAt,
    valid_from: token.validFrom,
    expires_at: token.expiresAt,
    version,
  });
}

async function insert(
  transaction: Knex.Transaction,
  table: string,
  row: { readonly id: string; readonly [column: string]: unknown },
): Promise<string> {
  await transaction(table).insert(row);
  return row.id;
}

function toRecord(row: AccessRow): AccessRecord {
  return {
    tokenId: row.token_id,
    secretHash: row.secret_hash,
    scopes: JSON.parse(row.scopes) as string[],
    allowedNetworks: JSON.parse(row.allowed_networks) as string[],
    callsPerSecond: row.calls_per_second ?? undefined,
    createdAt: row.created_at,
    validFrom: row.valid_from,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at ?? undefined,
    revokedReason: row.revoked_reason ?? undefined,
    procedureId: row.procedure_id,
    procedureName: row.procedure_name,
    partnerId: row.partner_id,
    partnerSiret: row.partner_siret,
    partnerName: row.partner_name,
    partnerState: row.partner_state,
    version: Math.max(row.token_version, row.procedure_version, row.partner_version),
  };
}

function toPartner(row: {
  id: string;
  siret: string;
  name: string;
  state: PartnerState;
  state_reason: string | null;
}): PartnerRecord {
  return {
    id: row.id,
    siret: row.siret,
    name: row.name,
    state: row.state,
    stateReason: row.state_reason ?? undefined,
  };
}
