// Reads what authentication needs of tokens, through the one view over the tables of their owners, and keeps the access
// version. Every change of a partner, procedure or token raises it first, which takes the write lock (SQLite) or the
// row's lock (PostgreSQL): versions are committed in their order, and whoever watches the version can read exactly
// what changed since.

import type { Knex } from "knex";
import { type Awaitable, then } from "../awaitable.ts";
import type { Database } from "../storage/database.ts";

export type PartnerState = "requested" | "active" | "suspended" | "terminated";

/** A secret of a token, with its procedure and partner, as stored. Instants are in milliseconds. */
export interface AccessRecord {
  readonly secretHash: Buffer;
  /** This secret is refused from this instant on; undefined: with the token. */
  readonly secretExpiresAt: number | undefined;
  readonly tokenId: string;
  readonly scopes: readonly string[];
  /** CIDR notation; empty: any address. */
  readonly allowedNetworks: readonly string[];
  readonly callsPerSecond: number | undefined;
  readonly validFrom: number;
  readonly expiresAt: number;
  /** Refused from this instant on, which may lie ahead. */
  readonly revokedAt: number | undefined;
  /** The procedure for which the token was issued. */
  readonly procedureId: string;
  readonly procedureName: string;
  readonly partnerId: string;
  readonly partnerSiret: string;
  readonly partnerName: string;
  readonly partnerState: PartnerState;
}

export interface AccessStorage {
  readVersion(): Awaitable<number>;
  /** The secrets of tokens of which anything changed after `version`; 0 gives all. */
  readChanges(version: number): Awaitable<AccessRecord[]>;
}

interface AccessRow {
  secret_hash: Buffer;
  secret_expires_at: number | null;
  token_id: string;
  scopes: string;
  allowed_networks: string;
  calls_per_second: number | null;
  valid_from: number;
  expires_at: number;
  revoked_at: number | null;
  procedure_id: string;
  procedure_name: string;
  partner_id: string;
  partner_siret: string;
  partner_name: string;
  partner_state: PartnerState;
}

const accessColumns = [
  ...["secret_hash", "secret_expires_at", "token_id", "scopes", "allowed_networks", "calls_per_second"],
  ...["valid_from", "expires_at", "revoked_at", "procedure_id", "procedure_name"],
  ...["partner_id", "partner_siret", "partner_name", "partner_state"],
];

export function createAccessStorage(database: Database): AccessStorage {
  const versionQuery = database.prepare<{ version: number }>("access_version", (builder) =>
    builder("access_version").select("version").where("id", 1),
  );
  const changesQuery = database.prepare<AccessRow>("access_changes", (builder) => {
    const changed = builder("access_changes").select("token_id").where("version", ">", builder.raw("?"));
    return builder("access_entries").select(accessColumns).whereIn("token_id", changed);
  });

  return {
    readVersion: () => then(versionQuery(1), (rows) => rows[0]?.version ?? 0),
    readChanges: (version) => then(changesQuery(version), (rows) => rows.map(toRecord)),
  };
}

/** Raises the access version, whose lock puts all writers in one order, and returns it. */
export async function raiseVersion(transaction: Knex.Transaction): Promise<number> {
  await transaction("access_version").where("id", 1).increment("version", 1);
  const row = await transaction("access_version").select("version").where("id", 1).first();
  return row.version;
}

function toRecord(row: AccessRow): AccessRecord {
  return {
    secretHash: row.secret_hash,
    secretExpiresAt: row.secret_expires_at ?? undefined,
    tokenId: row.token_id,
    scopes: JSON.parse(row.scopes),
    allowedNetworks: JSON.parse(row.allowed_networks),
    callsPerSecond: row.calls_per_second ?? undefined,
    validFrom: row.valid_from,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at ?? undefined,
    procedureId: row.procedure_id,
    procedureName: row.procedure_name,
    partnerId: row.partner_id,
    partnerSiret: row.partner_siret,
    partnerName: row.partner_name,
    partnerState: row.partner_state,
  };
}
