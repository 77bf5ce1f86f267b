// Whom to write to at partners.
import type { Knex } from "knex";
import type { ContactRoleName } from "../access/person.ts";

export interface ContactAddress {
  readonly contactId: string;
  readonly partnerId: string;
  readonly name: string;
  readonly address: string;
  readonly roles: ReadonlySet<ContactRoleName>;
}

/** The contacts of today, of one partner or of all, in the order of their identifiers. */
export async function listContactAddresses(knex: Knex, partnerId?: string): Promise<ContactAddress[]> {
  const query = knex("contacts").select("id", "partner_id", "name", "email", "roles").whereNull("removed_at");
  if (partnerId !== undefined) query.where("partner_id", partnerId);
  const rows: { id: string; partner_id: string; name: string; email: string; roles: string }[] =
    await query.orderBy("id");
  return rows.map((row) => ({
    contactId: row.id,
    partnerId: row.partner_id,
    name: row.name,
    address: row.email,
    roles: new Set(JSON.parse(row.roles) as ContactRoleName[]),
  }));
}
