// The only SQL on the registrations of FranceConnect clients. They count in the access version, as tokens do.
import type { Knex } from "knex";
import { type Awaitable, then } from "../awaitable.ts";
import type { Database } from "../storage/database.ts";
import { accessWriter, type PartnerState } from "./access-storage.ts";

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
  readonly partnerId: string;
  readonly partnerSiret: string;
  readonly partnerName: string;
  readonly partnerState: PartnerState;
}

export type NewFranceConnectClient = Pick<
  FranceConnectClientRecord,
  "id" | "clientId" | "scopes" | "recipients" | "allowedNetworks" | "callsPerSecond" | "createdAt"
> & { readonly partnerSiret: string; readonly procedureName: string };

export interface FranceConnectClientStorage {
  /** Registrations of which anything changed after `version`; 0 gives all. */
  readChanges(version: number): Awaitable<FranceConnectClientRecord[]>;
  /** Says what is missing, or that the client is registered already; `done` otherwise. */
  register(client: NewFranceConnectClient): Promise<"done" | "no partner" | "no procedure" | "registered">;
  /** All registrations, the newest first. */
  list(): Promise<FranceConnectClientRecord[]>;
  find(id: string): Promise<FranceConnectClientRecord | undefined>;
  /** A revocation is final: an earlier one stays as it is. */
  revoke(id: string, revokedAt: number, reason: string): Promise<void>;
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
      .where("clients.version", ">", builder.raw("?"))
      .orWhere("procedures.version", ">", builder.raw("?"))
      .orWhere("partners.version", ">", builder.raw("?")),
  );
  const write = accessWriter(knex);
  return {
    readChanges: (version) => then(changesQuery(version, version, version), (rows) => rows.map(toRecord)),
    register: (client) => write((transaction, version) => register(transaction, version, client)),
    async list() {
      const rows: ClientRow[] = await select(knex).orderBy([
        { column: "clients.created_at", order: "desc" },
        { column: "clients.id" },
      ]);
      return rows.map(toRecord);
    },
    async find(id) {
      const row: ClientRow | undefined = await select(knex).where("clients.id", id).first();
      return row === undefined ? undefined : toRecord(row);
    },
    revoke: (id, revokedAt, reason) =>
      write(async (transaction, version) => {
        await transaction(table)
          .where({ id, revoked_at: null })
          .update({ revoked_at: revokedAt, revoked_reason: reason, version });
      }),
  };
}

function select(builder: Knex) {
  return builder({ clients: table })
    .join("procedures", "procedures.id", "clients.procedure_id")
    .join("partners", "partners.id", "procedures.partner_id")
    .select(
      ...["id", "client_id", "scopes", "recipients", "allowed_networks", "calls_per_second"].map(ofClient),
      ...["created_at", "revoked_at", "revoked_reason", "procedure_id"].map(ofClient),
      {
        procedure_name: "procedures.name",
        partner_id: "partners.id",
        partner_siret: "partners.siret",
        partner_name: "partners.name",
        partner_state: "partners.state",
      },
    );
}

function ofClient(column: string): string {
  return `clients.${column}`;
}

async function register(
  transaction: Knex.Transaction,
  version: number,
  client: NewFranceConnectClient,
): Promise<"done" | "no partner" | "no procedure" | "registered"> {
  const partner = await transaction("partners").select("id").where("siret", client.partnerSiret).first();
  if (partner === undefined) return "no partner";
  const named = { partner_id: partner.id, name: client.procedureName };
  const procedure = await transaction("procedures").select("id").where(named).first();
  if (procedure === undefined) return "no procedure";
  const known = { client_id: client.clientId, revoked_at: null };
  if ((await transaction(table).select("id").where(known).first()) !== undefined) return "registered";
  await transaction(table).insert({
    id: client.id,
    client_id: client.clientId,
    procedure_id: procedure.id,
    scopes: JSON.stringify(client.scopes),
    recipients: JSON.stringify(client.recipients),
    allowed_networks: JSON.stringify(client.allowedNetworks),
    calls_per_second: client.callsPerSecond ?? null,
    created_at: client.createdAt,
    version,
  });
  return "done";
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
    partnerId: row.partner_id,
    partnerSiret: row.partner_siret,
    partnerName: row.partner_name,
    partnerState: row.partner_state,
  };
}
