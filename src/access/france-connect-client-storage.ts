// The only SQL on the registrations of FranceConnect clients. They count in the access version, as tokens do.
import type { Knex } from "knex";
import { type Awaitable, then } from "../awaitable.ts";
import type { Database } from "../storage/database.ts";
import type { PartnerState } from "./access-storage.ts";

/** A registered client with its procedure and partner, as stored. Instants are in milliseconds. */
export interface FranceConnectClientRecord {
  readonly id: string;
  /** As FranceConnect names the client. */
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** SIRETs that may be recipients beside the partner's own. */
  readonly recipients: readonly string[];
  /** CIDR notation; empty: any address. */
  readonly allowedNetworks: readonly string[];
  readonly callsPerSecond: number | undefined;
  readonly createdAt: number;
  readonly revokedAt: number | undefined;
  readonly revokedReason: string | undefined;
  readonly procedureId: string;
  readonly procedureName: string;
  /** Scopes that the procedure is approved for; undefined: nothing is approved, or it is closed. */
  readonly procedureScopes: readonly string[] | undefined;
  readonly partnerId: string;
  readonly partnerSiret: string;
  readonly partnerName: string;
  readonly partnerState: PartnerState;
}

export interface FranceConnectClientStorage {
  /** Registrations of which anything changed after `version`; 0 gives all. */
  readChanges(version: number): Awaitable<FranceConnectClientRecord[]>;
  /** All registrations, the newest first. */
  list(): Promise<FranceConnectClientRecord[]>;
  find(id: string): Promise<FranceConnectClientRecord | undefined>;
}

interface ClientRow {
  id: string;
  client_id: string;
  scopes: string;
  recipients: string;
  allowed_networks: string;
  calls_per_second: number | null;
  created_at: number;
  revoked_at: number | null;
  revoked_reason: string | null;
  procedure_id: string;
  procedure_name: string;
  procedure_state: string;
  /** ProcedureContent of the contract as JSON. */
  procedure_approved: string | null;
  partner_id: string;
  partner_siret: string;
  partner_name: string;
  partner_state: PartnerState;
}

const table = "france_connect_clients";

export function createFranceConnectClientStorage(database: Database): FranceConnectClientStorage {
  const { knex } = database;
  const changesQuery = database.prepare<ClientRow>("france_connect_client_changes", (builder) =>
    select(builder)
      .where("client_version", ">", builder.raw("?"))
      .orWhere("procedure_version", ">", builder.raw("?"))
      .orWhere("partner_version", ">", builder.raw("?")),
  );
  return {
    readChanges: (version) => then(changesQuery(version, version, version), (rows) => rows.map(toRecord)),
    async list() {
      const rows: ClientRow[] = await select(knex).orderBy([
        { column: "created_at", order: "desc" },
        { column: "id" },
      ]);
      return rows.map(toRecord);
    },
    find: (id) => findClient(knex, id),
  };
}

/** Every registration with its partner, whatever has become of them. */
export async function listClientHolders(
  knex: Knex,
): Promise<{ readonly id: string; readonly partnerId: string }[]> {
  const rows: Pick<ClientRow, "id" | "partner_id">[] = await knex("france_connect_entries")
    .select("id", "partner_id")
    .orderBy("id");
  return rows.map((row) => ({ id: row.id, partnerId: row.partner_id }));
}

/** The registrations of a partner, whatever their state. */
export async function listClientIds(knex: Knex, partnerId: string): Promise<string[]> {
  return await knex("france_connect_entries").where("partner_id", partnerId).orderBy("id").pluck("id");
}

/** The registration with this identifier, in a transaction or outside. */
export async function findClient(knex: Knex, id: string): Promise<FranceConnectClientRecord | undefined> {
  const row: ClientRow | undefined = await select(knex).where("id", id).first();
  return row === undefined ? undefined : toRecord(row);
}

/** Whether a registration of the client is in force. */
export async function isRegistered(knex: Knex, clientId: string): Promise<boolean> {
  const known = { client_id: clientId, revoked_at: null };
  return (await knex(table).select("id").where(known).first()) !== undefined;
}

/** Stores a registration; `version` is the access version that the transaction raised. */
export async function insertClient(
  knex: Knex,
  version: number,
  client: Pick<
    FranceConnectClientRecord,
    | "id"
    | "clientId"
    | "procedureId"
    | "scopes"
    | "recipients"
    | "allowedNetworks"
    | "callsPerSecond"
    | "createdAt"
  >,
): Promise<void> {
  await knex(table).insert({
    id: client.id,
    client_id: client.clientId,
    procedure_id: client.procedureId,
    scopes: JSON.stringify(client.scopes),
    recipients: JSON.stringify(client.recipients),
    allowed_networks: JSON.stringify(client.allowedNetworks),
    calls_per_second: client.callsPerSecond ?? null,
    created_at: client.createdAt,
    version,
  });
}

/** A revocation is final: an earlier one stays as it is. */
export async function markRevoked(
  knex: Knex,
  version: number,
  id: string,
  revokedAt: number,
  reason: string,
): Promise<void> {
  const change = { revoked_at: revokedAt, revoked_reason: reason, version };
  await knex(table).where({ id, revoked_at: null }).update(change);
}

const columns = [
  ...["id", "client_id", "scopes", "recipients", "allowed_networks", "calls_per_second", "created_at"],
  ...[
    "revoked_at",
    "revoked_reason",
    "procedure_id",
    "procedure_name",
    "procedure_state",
    "procedure_approved",
  ],
  ...["partner_id", "partner_siret", "partner_name", "partner_state"],
];

function select(builder: Knex) {
  return builder("france_connect_entries").select(columns);
}

function approvedScopes({ procedure_state: state, procedure_approved: approved }: ClientRow) {
  if (approved === null || state === "closed") return undefined;
  const { scopes = [] } = JSON.parse(approved) as { readonly scopes?: readonly { readonly scope: string }[] };
  return scopes.map(({ scope }) => scope);
}

function toRecord(row: ClientRow): FranceConnectClientRecord {
  return {
    id: row.id,
    clientId: row.client_id,
    scopes: JSON.parse(row.scopes),
    recipients: JSON.parse(row.recipients),
    allowedNetworks: JSON.parse(row.allowed_networks),
    callsPerSecond: row.calls_per_second ?? undefined,
    createdAt: row.created_at,
    revokedAt: row.revoked_at ?? undefined,
    revokedReason: row.revoked_reason ?? undefined,
    procedureId: row.procedure_id,
    procedureName: row.procedure_name,
    procedureScopes: approvedScopes(row),
    partnerId: row.partner_id,
    partnerSiret: row.partner_siret,
    partnerName: row.partner_name,
    partnerState: row.partner_state,
  };
}
