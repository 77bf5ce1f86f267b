import type { Acting } from "../audit/acting.ts";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import type { ConfirmedRecord, ProlongTokenRequest } from "../gen/statutetudiant/token/v1/token_pb.ts";
import { cancelNotices } from "./notice-storage.ts";
import type { Confirmable, ContactsOf, FindProcedure } from "./token-parts.ts";
import type { TokenRecord } from "./token-record.ts";
import { approvedScopes, changeToken, endOf, ownToken, refuseEnded, refuseInactive } from "./token-rules.ts";
import { expiringMs } from "./token-status.ts";

export interface ProlongParts {
  readonly findProcedure: FindProcedure;
  readonly contactsOf: ContactsOf;
}

/**
 * Gives a token a new end, counted from now, once its contacts, purposes and scopes are confirmed as they are today.
 * Errors: `record_not_found`, `token_already_revoked`, `token_already_expired`, `partner_not_active`,
 * `prolonged_too_early`, `procedure_not_approved`, `confirmation_missing`, `confirmation_stale`, `not_prolonged`.
 */
export async function prolongToken(
  transaction: LedgerTransaction,
  acting: Acting,
  request: ProlongTokenRequest,
  parts: ProlongParts,
): Promise<TokenRecord> {
  const { knex, now } = transaction;
  const before = await ownToken(transaction, acting, request.id);
  refuseEnded(before, now);
  refuseInactive(before);
  const opensAt = before.expiresAt - expiringMs;
  if (now < opensAt) {
    throw serviceError("prolonged_too_early", { metadata: { from: new Date(opensAt).toISOString() } });
  }
  const procedures: Confirmable[] = [];
  for (const { id } of before.procedures) {
    const procedure = await parts.findProcedure(knex, id);
    approvedScopes(procedure);
    if (procedure !== undefined) procedures.push(procedure);
  }
  const contacts = await parts.contactsOf(knex, before.partnerId);
  refuseUnconfirmed(request, { contacts, procedures, scopes: before.scopes });
  const expiresAt = endOf(now, request.validDays);
  if (expiresAt <= before.expiresAt) throw serviceError("not_prolonged");
  await cancelNotices(knex, before.id, now);
  return changeToken(transaction, "token.prolong", before, { expiresAt, prolongedAt: now });
}

interface Present {
  readonly contacts: readonly Confirmable[];
  readonly procedures: readonly Confirmable[];
  readonly scopes: readonly string[];
}

/** Names what is missing of all three confirmations, then what was read before it changed. */
function refuseUnconfirmed(given: ProlongTokenRequest, present: Present): void {
  const asRecord = (scope: string): Confirmable => ({ id: scope, etag: "" });
  const compared = {
    contacts: compare(given.contacts, present.contacts),
    procedures: compare(given.procedures, present.procedures),
    scopes: compare(given.scopes.map(asRecord), present.scopes.map(asRecord)),
  };
  refuse("confirmation_missing", (part) => compared[part].missing);
  refuse("confirmation_stale", (part) => compared[part].stale);
}

const confirmed = ["contacts", "procedures", "scopes"] as const;

function refuse(
  id: "confirmation_missing" | "confirmation_stale",
  found: (part: (typeof confirmed)[number]) => readonly string[],
): void {
  const named = confirmed.filter((part) => found(part).length > 0);
  if (named.length === 0) return;
  const metadata = Object.fromEntries(named.map((part) => [part, found(part).join(",")]));
  throw serviceError(id, { metadata });
}

function compare(given: readonly (Confirmable | ConfirmedRecord)[], present: readonly Confirmable[]) {
  const etags = new Map(given.map(({ id, etag }) => [id, etag]));
  const known = new Map(present.map(({ id, etag }) => [id, etag]));
  return {
    missing: present.filter(({ id }) => !etags.has(id)).map(({ id }) => id),
    // What was confirmed and is no longer there was read too long ago as well.
    stale: given.filter(({ id, etag }) => known.get(id) !== etag).map(({ id }) => id),
  };
}
