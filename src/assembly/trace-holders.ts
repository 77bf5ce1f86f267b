// Whose lines of the journal are whose: tokens, FranceConnect clients and contacts belong to partners, operators to
// nobody but themselves.
import type { Knex } from "knex";
import { findClient, listClientHolders, listClientIds } from "../access/france-connect-client-storage.ts";
import type { NamedHolder } from "../journal/search-calls.ts";
import { findOperator, listOperatorIds } from "../operator/operator-storage.ts";
import { findContact, listContactHolders } from "../partner/contact-storage.ts";
import { findPartner } from "../partner/partner-storage.ts";
import type { User } from "../retention/retention.ts";
import { findToken, listTokenHolders, listTokenIds } from "../token/token-storage.ts";

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

/** Those of the identifiers of the journal who are known, whatever has become of them. */
export async function findHolders(
  knex: Knex,
  ids: readonly string[],
): Promise<ReadonlyMap<string, NamedHolder>> {
  const found = await Promise.all(ids.map((id) => findHolder(knex, id)));
  return new Map(found.filter((holder) => holder !== undefined).map((holder) => [holder.id, holder]));
}

async function findHolder(knex: Knex, id: string): Promise<NamedHolder | undefined> {
  if (id.startsWith("opr_")) {
    const operator = await findOperator(knex, id);
    return operator && { id, name: operator.name, partnerId: "", partnerSiret: "", partnerName: "" };
  }
  if (id.startsWith("ctc_")) {
    const contact = await findContact(knex, id);
    const partner = contact && (await findPartner(knex, contact.partnerId));
    return (
      partner && {
        ...{ id, name: contact.name, partnerId: partner.id },
        ...{ partnerSiret: partner.siret, partnerName: partner.name },
      }
    );
  }
  const caller = (await findToken(knex, id)) ?? (await findClient(knex, id));
  if (caller === undefined) return undefined;
  const { partnerId, partnerSiret, partnerName } = caller;
  return { id, name: "", partnerId, partnerSiret, partnerName };
}
