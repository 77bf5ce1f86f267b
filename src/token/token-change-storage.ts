// Writes tokens, their secrets and their procedures. Every write keeps the access version that it raises.
import type { Knex } from "knex";
import type { TokenRecord } from "./token-record.ts";

/** A token to store, with its first secret. Instants are in milliseconds since 1970. */
export interface NewToken {
  readonly id: string;
  readonly procedureId: string;
  readonly secretHash: Buffer;
  readonly scopes: readonly string[];
  readonly allowedNetworks: readonly string[];
  readonly callsPerSecond: number | undefined;
  readonly createdAt: number;
  readonly validFrom: number;
  readonly expiresAt: number;
  readonly origin: "contact" | "terminal";
}

export async function insertToken(knex: Knex, token: NewToken, version: number): Promise<void> {
  const { id, procedureId, createdAt } = token;
  await knex("tokens").insert({
    id,
    procedure_id: procedureId,
    scopes: JSON.stringify(token.scopes),
    allowed_networks: JSON.stringify(token.allowedNetworks),
    calls_per_second: token.callsPerSecond ?? null,
    created_at: createdAt,
    valid_from: token.validFrom,
    expires_at: token.expiresAt,
    origin: token.origin,
    revision: 1,
    version,
  });
  await insertProcedureOf(knex, id, procedureId, createdAt);
  await insertSecret(knex, id, token.secretHash, createdAt);
}

export async function insertProcedureOf(
  knex: Knex,
  tokenId: string,
  procedureId: string,
  joinedAt: number,
): Promise<void> {
  await knex("token_procedures").insert({
    token_id: tokenId,
    procedure_id: procedureId,
    joined_at: joinedAt,
  });
}

export async function deleteProcedureOf(knex: Knex, tokenId: string, procedureId: string): Promise<void> {
  await knex("token_procedures").where({ token_id: tokenId, procedure_id: procedureId }).delete();
}

export async function insertSecret(
  knex: Knex,
  tokenId: string,
  secretHash: Buffer,
  createdAt: number,
): Promise<void> {
  await knex("token_secrets").insert({ secret_hash: secretHash, token_id: tokenId, created_at: createdAt });
}

/** Ends the secret of a token that had no end of its own. */
export async function endLastSecret(knex: Knex, tokenId: string, expiresAt: number): Promise<void> {
  await knex("token_secrets")
    .where("token_id", tokenId)
    .whereNull("expires_at")
    .update({ expires_at: expiresAt });
}

/** Forgets the secrets of a token that ended before an instant. */
export async function deleteEndedSecrets(knex: Knex, tokenId: string, before: number): Promise<void> {
  await knex("token_secrets").where("token_id", tokenId).andWhere("expires_at", "<", before).delete();
}

/** Secrets that a partner was given since an instant. */
export async function countSecretsSince(knex: Knex, partnerId: string, since: number): Promise<number> {
  const ofPartner = knex("token_records").select("id").where("partner_id", partnerId);
  const [row] = await knex("token_secrets")
    .count({ made: "secret_hash" })
    .whereIn("token_id", ofPartner)
    .andWhere("created_at", ">", since);
  return Number(row?.["made"]);
}

/** Writes what can change of a token. */
export async function updateToken(knex: Knex, token: TokenRecord, version: number): Promise<void> {
  await knex("tokens")
    .where("id", token.id)
    .update({
      scopes: JSON.stringify(token.scopes),
      allowed_networks: JSON.stringify(token.allowedNetworks),
      calls_per_second: token.callsPerSecond ?? null,
      expires_at: token.expiresAt,
      revoked_at: token.revokedAt ?? null,
      revoked_reason: token.revokedReason ?? null,
      leaked_at: token.leakedAt ?? null,
      prolonged_at: token.prolongedAt ?? null,
      revision: token.revision,
      version,
    });
}
