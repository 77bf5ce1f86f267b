// What every change of a token checks first.
import { formatNetwork, parseNetwork } from "../access/network.ts";
import { type Acting, ownOnly } from "../audit/acting.ts";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import { updateToken } from "./token-change-storage.ts";
import type { ServedProcedure } from "./token-parts.ts";
import type { TokenRecord } from "./token-record.ts";
import { dayMs } from "./token-status.ts";
import { findToken } from "./token-storage.ts";

/** 18 months, in days. */
export const maxTokenDays = 548;

/** The token, when it is the partner's. Errors: `record_not_found`. */
export async function ownToken(
  { knex }: LedgerTransaction,
  acting: Acting,
  id: string,
): Promise<TokenRecord> {
  return ownOnly(acting, await findToken(knex, id));
}

/** Refuses what has ended, or will at a date. Errors: `token_already_revoked`, `token_already_expired`. */
export function refuseEnded({ revokedAt, expiresAt }: TokenRecord, now: number): void {
  if (revokedAt !== undefined) throw serviceError("token_already_revoked");
  if (now >= expiresAt) throw serviceError("token_already_expired");
}

/** Errors: `partner_not_active`. */
export function refuseInactive({ partnerState }: { readonly partnerState: string }): void {
  if (partnerState !== "active")
    throw serviceError("partner_not_active", { metadata: { state: partnerState } });
}

/** The scopes that a procedure is approved for. Errors: `procedure_not_approved`. */
export function approvedScopes(procedure: ServedProcedure | undefined): readonly string[] {
  if (procedure?.approvedScopes === undefined) {
    throw serviceError("procedure_not_approved", { metadata: { procedure: procedure?.id ?? "" } });
  }
  return procedure.approvedScopes;
}

/** Scopes in alphabetical order, each once. Errors: `scopes_exceed_procedure`, naming those that are too many. */
export function scopesWithin(asked: readonly string[], approved: readonly string[]): string[] {
  const scopes = [...new Set(asked)].sort();
  const further = scopes.filter((scope) => !approved.includes(scope));
  if (further.length > 0) {
    throw serviceError("scopes_exceed_procedure", { metadata: { scopes: further.join(",") } });
  }
  return scopes;
}

/** Networks in their canonical form. Errors: `invalid_request`, naming each that is none. */
export function readNetworks(texts: readonly string[]): string[] {
  const networks = texts.map(parseNetwork);
  const violations = networks.flatMap((network, index) =>
    network === undefined
      ? [{ field: `allowed_networks[${index}]`, description: "Doit être une adresse ou un réseau (CIDR)." }]
      : [],
  );
  if (violations.length > 0) throw serviceError("invalid_request", { violations });
  return networks.flatMap((network) => (network === undefined ? [] : [formatNetwork(network)]));
}

/** The end of a validity that starts at an instant; 0 days: as long as a token may last. */
export function endOf(start: number, days: number): number {
  return start + (days === 0 ? maxTokenDays : days) * dayMs;
}

/** Stores what changed of a token, and records it in the audit log, with `facts` that stand elsewhere. */
export async function changeToken(
  { knex, version, record }: LedgerTransaction,
  action: string,
  before: TokenRecord,
  changes: Partial<TokenRecord>,
  reason?: string,
  facts: object = {},
): Promise<TokenRecord> {
  const after = { ...before, ...changes, revision: before.revision + 1 };
  await updateToken(knex, after, version);
  record({
    action,
    subject: before.id,
    partnerId: before.partnerId,
    ...(reason === undefined ? {} : { reason }),
    before: pick(before, changes),
    after: { ...changes, ...facts },
  });
  return after;
}

function pick(record: TokenRecord, changes: Partial<TokenRecord>): Partial<TokenRecord> {
  return Object.fromEntries(
    Object.keys(changes).map((name) => [name, record[name as keyof TokenRecord]]),
  ) as Partial<TokenRecord>;
}
