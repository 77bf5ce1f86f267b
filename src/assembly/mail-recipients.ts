import type { Knex } from "knex";
import type { FindRecipients } from "../mail/outbox.ts";
import { listPartnersToTell } from "../partner/partners-to-tell-storage.ts";
import { type ContactAddress, listContactAddresses } from "../partner/recipient-storage.ts";

/**
 * The contacts of partners with one of the roles. The terms promise to tell every partner: one that has nobody in
 * these roles is told through all the contacts that it has.
 */
export const findRecipients: FindRecipients = async (knex: Knex, { partnerId, roles }) => {
  const partners = await listPartnersToTell(knex);
  const contacts = await listContactAddresses(knex, partnerId);
  const byPartner = Map.groupBy(contacts, (contact) => contact.partnerId);
  return [...byPartner]
    .filter(([id]) => partners.has(id))
    .flatMap(([, ofPartner]) => {
      const chosen = ofPartner.filter((contact) => roles.some((role) => contact.roles.has(role)));
      return chosen.length > 0 ? chosen : ofPartner;
    })
    .map(({ contactId, name, address }: ContactAddress) => ({ contactId, name, address }));
};
