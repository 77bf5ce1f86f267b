// Whose lines of the journal are whose: tokens, FranceConnect clients and contacts belong to partners, operators to
// nobody but themselves.
import type { Knex } from "knex";
import { listClientHolders, listClientIds } from "../access/france-connect-client-storage.ts";
import { listOperatorIds } from "../operator/operator-storage.ts";
import { listContactHolders } from "../partner/contact-storage.ts";
import type { User } from "../retention/retention.ts";
import { listTokenHolders, listTokenIds } from "../token/token-storage.ts";

/** What calls for a partner: its tokens, and its FranceConnect clients, whose registrations count as tokens do. */
export async function callerIdsOf(knex: Knex, partnerId: string): Promise<string[]> {
  return [...(await listTokenIds(knex, partnerId)), ...(await listClientIds(knex, partnerId))];
}

/** Everybody who can have called, with all that calls for them. */
export async function listUsers(knex: Knex): Promise<User[]> {
  const holders = [
    ...(await listTokenHolders(knex)),
    ...(await listClientHolders(knex)),
    ...(await listContactHolders(knex)),
  ];
  const partners = [...Map.groupBy(holders, ({ partnerId }) => partnerId)].map(([id, ofPartner]) => ({
    id,
    holders: ofPartner.map((holder) => holder.id),
  }));
  const operators = (await listOperatorIds(knex)).map((id) => ({ id, holders: [id] }));
  return [...partners, ...operators];
}
