import type { Knex } from "knex";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { type FieldViolation, type ServiceError, serviceError } from "../errors.ts";
import { createId } from "../storage/create-id.ts";
import { findClient, insertClient, isRegistered, markRevoked } from "./france-connect-client-storage.ts";
import { formatNetwork, parseNetwork } from "./network.ts";
import { scopesOfVersion3 } from "./scopes.ts";
import { isSiret } from "./siret.ts";

/** A FranceConnect client to register, for one procedure of one partner (terms, article 2). */
export interface FranceConnectClientRequest {
  /** As FranceConnect names the client: 1 to 200 visible ASCII characters. */
  readonly clientId: string;
  readonly partnerSiret: string;
  /** A procedure that the partner has already. */
  readonly procedureName: string;
  /** Scopes of version 3; `mesri_admissions` at least, and `mesri_identite` never: the identity is not answered. */
  readonly scopes: readonly string[];
  /** SIRETs that may be recipients beside the partner's own, 50 at most. */
  readonly recipients: readonly string[];
  /** Addresses or CIDR networks; none: any address. */
  readonly networks: readonly string[];
  /** 1 to 1000000; absent: the service's default. */
  readonly callsPerSecond: number | undefined;
}

/** Whose client it is to be, as far as that is there. */
export interface ClientOwner {
  readonly partnerId: string | undefined;
  readonly procedureId: string | undefined;
  /** Undefined: nothing is approved, or the procedure is closed. */
  readonly approvedScopes: readonly string[] | undefined;
}

/** Finds the partner with a SIRET and its procedure with a name. */
export type FindClientOwner = (knex: Knex, siret: string, procedureName: string) => Promise<ClientOwner>;

const maxRecipients = 50;

/** Registers a client and gives the identifier of the registration. Errors: `invalid_request`, naming every bad field. */
export async function registerFranceConnectClient(
  { knex, version, now, record }: LedgerTransaction,
  request: FranceConnectClientRequest,
  findOwner: FindClientOwner,
): Promise<string> {
  const { clientId, callsPerSecond } = request;
  refuse(checkRequest(request));
  const owner = await findOwner(knex, request.partnerSiret, request.procedureName.trim());
  if (owner.partnerId === undefined) refuse([violation("partner_siret", "is the SIRET of no partner")]);
  if (owner.procedureId === undefined) {
    throw invalid([violation("procedure", "is the name of no procedure of this partner")]);
  }
  const approved = new Set(owner.approvedScopes);
  if (!request.scopes.every((scope) => approved.has(scope))) {
    refuse([
      violation("scopes", `must be scopes that the procedure is approved for: ${[...approved].join(", ")}`),
    ]);
  }
  if (await isRegistered(knex, clientId)) {
    refuse([violation("client_id", "is registered already: revoke that registration first")]);
  }
  const id = createId("fcc");
  const registered = {
    ...{ clientId, procedureId: owner.procedureId, callsPerSecond },
    scopes: [...new Set(request.scopes)].sort(),
    recipients: [...new Set(request.recipients)],
    allowedNetworks: request.networks
      .map(parseNetwork)
      .filter((network) => network !== undefined)
      .map(formatNetwork),
  };
  await insertClient(knex, version, { id, createdAt: now, ...registered });
  const { partnerId } = owner;
  record({ action: "france_connect_client.register", subject: id, partnerId, after: registered });
  return id;
}

/** Revokes a registration for ever. Errors: `record_not_found`. One that is revoked already stays as it is. */
export async function revokeFranceConnectClient(
  { knex, version, now, record }: LedgerTransaction,
  id: string,
  reason: string,
): Promise<void> {
  const client = await findClient(knex, id);
  if (client === undefined) throw serviceError("record_not_found");
  if (client.revokedAt !== undefined) return;
  await markRevoked(knex, version, id, now, reason);
  const { partnerId } = client;
  record({ action: "france_connect_client.revoke", subject: id, partnerId, reason });
}

function violation(field: string, description: string): FieldViolation {
  return { field, description };
}

function invalid(violations: readonly FieldViolation[]): ServiceError {
  return serviceError("invalid_request", { violations });
}

function refuse(violations: readonly FieldViolation[]): void {
  if (violations.length > 0) throw invalid(violations);
}

function checkRequest(request: FranceConnectClientRequest): FieldViolation[] {
  const { callsPerSecond: rate = 1, scopes, recipients } = request;
  const known = new Set<string>(scopesOfVersion3.filter((scope) => scope !== "mesri_identite"));
  const checks: [boolean, field: string, description: string][] = [
    [
      /^[\x21-\x7e]{1,200}$/.test(request.clientId),
      "client_id",
      "must hold 1 to 200 visible ASCII characters",
    ],
    [isSiret(request.partnerSiret), "partner_siret", "must be a SIRET: 14 digits with a valid check digit"],
    [scopes.includes("mesri_admissions"), "scopes", "must hold mesri_admissions"],
    [scopes.every((scope) => known.has(scope)), "scopes", `must be of ${[...known].join(", ")}`],
    [recipients.every(isSiret), "recipients", "must be SIRETs: 14 digits with a valid check digit"],
    [recipients.length <= maxRecipients, "recipients", `must be ${maxRecipients} at most`],
    [
      request.networks.every((network) => parseNetwork(network) !== undefined),
      "allowed_networks",
      "must be addresses or networks in CIDR notation",
    ],
    [
      Number.isInteger(rate) && rate >= 1 && rate <= 1_000_000,
      "calls_per_second",
      "must be a whole number from 1 to 1000000",
    ],
  ];
  return checks.filter(([holds]) => !holds).map(([, field, description]) => ({ field, description }));
}
