// The only SQL on addresses that wait for their confirmation. Codes are stored as their SHA-256.
import type { Knex } from "knex";

/** An address that somebody asked for. Instants are in milliseconds since 1970. */
export interface AddressChange {
  readonly contactId: string;
  readonly partnerId: string;
  readonly email: string;
  readonly askedAt: number;
  readonly expiresAt: number;
  /** Undefined: it did not come into force. */
  readonly confirmedAt: number | undefined;
  /** Undefined: nothing took its place. */
  readonly cancelledAt: number | undefined;
}

export async function insertAddressChange(
  knex: Knex,
  codeHash: Buffer,
  change: Omit<AddressChange, "confirmedAt" | "cancelledAt">,
): Promise<void> {
  await knex("address_changes").insert({
    code_hash: codeHash,
    contact_id: change.contactId,
    partner_id: change.partnerId,
    email: change.email,
    asked_at: change.askedAt,
    expires_at: change.expiresAt,
  });
}

export async function findAddressChange(knex: Knex, codeHash: Buffer): Promise<AddressChange | undefined> {
  const row = await knex("address_changes")
    .select("contact_id", "partner_id", "email", "asked_at", "expires_at", "confirmed_at", "cancelled_at")
    .where("code_hash", codeHash)
    .first();
  if (row === undefined) return undefined;
  return {
    contactId: row.contact_id,
    partnerId: row.partner_id,
    email: row.email,
    askedAt: row.asked_at,
    expiresAt: row.expires_at,
    confirmedAt: row.confirmed_at ?? undefined,
    cancelledAt: row.cancelled_at ?? undefined,
  };
}

export async function markConfirmed(knex: Knex, codeHash: Buffer, now: number): Promise<void> {
  await knex("address_changes").where("code_hash", codeHash).update({ confirmed_at: now });
}

/** Voids what waits for a contact. */
export async function cancelAddressChanges(knex: Knex, contactId: string, now: number): Promise<void> {
  await waiting(knex).where("contact_id", contactId).update({ cancelled_at: now });
}

/** The address that waits for each of these contacts; absent: none. */
export async function pendingAddresses(
  knex: Knex,
  contactIds: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, string>> {
  const rows: { contact_id: string; email: string }[] = await waiting(knex)
    .select("contact_id", "email")
    .whereIn("contact_id", contactIds)
    .andWhere("expires_at", ">", now);
  return new Map(rows.map((row) => [row.contact_id, row.email]));
}

/** How many addresses were asked for at a partner since an instant. */
export async function countAddressChanges(knex: Knex, partnerId: string, since: number): Promise<number> {
  const [row] = await knex("address_changes")
    .count({ asked: "code_hash" })
    .where("partner_id", partnerId)
    .andWhere("asked_at", ">", since);
  return Number(row?.["asked"] ?? 0);
}

/** Forgets the addresses whose code expired before an instant. */
export async function deleteAddressChanges(knex: Knex, before: number): Promise<void> {
  await knex("address_changes").where("expires_at", "<", before).delete();
}

function waiting(knex: Knex): Knex.QueryBuilder {
  return knex("address_changes").whereNull("confirmed_at").whereNull("cancelled_at");
}
