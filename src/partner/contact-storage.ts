// The only SQL on the contacts of partners.
import type { Knex } from "knex";
import type { Contact, ContactRoleName } from "../access/person.ts";
import { applyPage, type Page } from "../storage/page.ts";

export interface ContactRecord extends Contact {
  readonly phone: string | undefined;
  /** Instants in milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Undefined: still a contact. */
  readonly removedAt: number | undefined;
  readonly revision: number;
}

interface ContactRow {
  readonly id: string;
  readonly partner_id: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string | null;
  readonly roles: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly removed_at: number | null;
  readonly revision: number;
}

/** Fields by which contacts can be ordered. */
export const contactOrders = { name: "name", create_time: "created_at" };

const columns = [
  ...[
    "id",
    "partner_id",
    "name",
    "email",
    "phone",
    "roles",
    "created_at",
    "updated_at",
    "removed_at",
    "revision",
  ],
] as const;

/** A contact, removed or not. */
export async function findContact(knex: Knex, id: string): Promise<ContactRecord | undefined> {
  const row: ContactRow | undefined = await knex("contacts").select(columns).where("id", id).first();
  return row === undefined ? undefined : toRecord(row);
}

/** Every contact with its partner, removed ones too. */
export async function listContactHolders(
  knex: Knex,
): Promise<{ readonly id: string; readonly partnerId: string }[]> {
  const rows: Pick<ContactRow, "id" | "partner_id">[] = await knex("contacts")
    .select("id", "partner_id")
    .orderBy("id");
  return rows.map((row) => ({ id: row.id, partnerId: row.partner_id }));
}

/** The contacts that an address has today, at most one for each partner. */
export async function findContactsByEmail(knex: Knex, email: string): Promise<ContactRecord[]> {
  const rows: ContactRow[] = await knex("contacts")
    .select(columns)
    .where("email_key", email.toLowerCase())
    .whereNull("removed_at")
    .orderBy("created_at");
  return rows.map(toRecord);
}

/** The contacts that a partner has today, oldest first. */
export async function listContacts(knex: Knex, partnerId: string): Promise<ContactRecord[]> {
  const rows: ContactRow[] = await knex("contacts")
    .select(columns)
    .where("partner_id", partnerId)
    .whereNull("removed_at")
    .orderBy([{ column: "created_at" }, { column: "id" }]);
  return rows.map(toRecord);
}

/** A page of the contacts that a partner has today; undefined as role: whatever theirs. */
export async function pageContacts(
  knex: Knex,
  filter: { readonly partnerId: string; readonly role: ContactRoleName | undefined },
  page: Page,
): Promise<ContactRecord[]> {
  const query = knex("contacts")
    .select(columns)
    .where("partner_id", filter.partnerId)
    .whereNull("removed_at");
  if (filter.role !== undefined) query.where("roles", "like", `%"${filter.role}"%`);
  const rows: ContactRow[] = await applyPage(query, page);
  return rows.map(toRecord);
}

/** Stores anew what of a contact can change. */
export async function updateContact(knex: Knex, record: ContactRecord): Promise<void> {
  await knex("contacts")
    .where("id", record.id)
    .update({
      name: record.name,
      email: record.email,
      email_key: record.email.toLowerCase(),
      phone: record.phone ?? null,
      roles: JSON.stringify([...record.roles]),
      updated_at: record.updatedAt,
      removed_at: record.removedAt ?? null,
      revision: record.revision,
    });
}

export async function insertContact(knex: Knex, record: ContactRecord): Promise<void> {
  await knex("contacts").insert({
    id: record.id,
    partner_id: record.partnerId,
    name: record.name,
    email: record.email,
    email_key: record.email.toLowerCase(),
    phone: record.phone ?? null,
    roles: JSON.stringify([...record.roles]),
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    removed_at: record.removedAt ?? null,
    revision: record.revision,
  });
}

function toRecord(row: ContactRow): ContactRecord {
  return {
    kind: "contact",
    id: row.id,
    partnerId: row.partner_id,
    name: row.name,
    email: row.email,
    phone: row.phone ?? undefined,
    roles: new Set(JSON.parse(row.roles) as ContactRoleName[]),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    removedAt: row.removed_at ?? undefined,
    revision: row.revision,
  };
}
