// The people of a partner: named by an operator first, then by the partner's own administrative contacts.
import type { Knex } from "knex";
import { type ContactRoleName, contactRoles, nameOf } from "../access/person.ts";
import { type Acting, ownOnly } from "../audit/acting.ts";
import { type Actor, actorOf } from "../audit/actor.ts";
import type { Ledger, LedgerTransaction } from "../audit/ledger.ts";
import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";
import {
  type ConfirmContactEmailRequest,
  ContactService,
  type CreateContactRequest,
  type GetContactRequest,
  type ListContactsRequest,
  type RemoveContactRequest,
  type UpdateContactRequest,
} from "../gen/statutetudiant/partner/v1/contact_pb.ts";
import { createId } from "../storage/create-id.ts";
import type { Database } from "../storage/database.ts";
import { checkEtag } from "../storage/etag.ts";
import { finishPage, readPage } from "../storage/page.ts";
import { cancelAddressChanges, markConfirmed, pendingAddresses } from "./address-change-storage.ts";
import { type AddressLetters, askAddressChange, hashAddressCode, readAddressCode } from "./change-address.ts";
import { rolesOf, toContactMessage } from "./contact-message.ts";
import { maxContacts, refuseForeignEdit, refuseLastOfRole } from "./contact-rules.ts";
import {
  type ContactRecord,
  contactOrders,
  findContact,
  insertContact,
  listContacts,
  pageContacts,
  updateContact,
} from "./contact-storage.ts";
import { ownPartner } from "./own-partner.ts";
import { refuseClosed } from "./partner-states.ts";
import { findPartner, type PartnerRecord } from "./partner-storage.ts";

export interface ContactParts {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly letters: AddressLetters;
  readonly tellGain: TellGain;
  /** Ends all sessions of somebody who is no contact any more, or has another address. */
  readonly endSessions: (transaction: LedgerTransaction, contactId: string) => Promise<void>;
}

/** Somebody who may now do more in the name of a partner. */
export interface ContactGain {
  readonly contact: ContactRecord;
  /** The roles that the contact did not have before. */
  readonly roles: readonly ContactRoleName[];
  readonly isNew: boolean;
  /** The partner's other contacts. */
  readonly others: readonly ContactRecord[];
  readonly actor: Actor;
}

/** Tells the partner, in the transaction in which it happens. */
export type TellGain = (transaction: Knex.Transaction, gain: ContactGain) => Promise<void>;

const { method } = ContactService;
const nobody = { id: "", roles: new Set<ContactRoleName>() };
/** Somebody whom no contact is yet. */
const newcomer = { ...nobody, id: "ctc_" };

export function createContacts({ database, ledger, clock, letters, tellGain, endSessions }: ContactParts) {
  return {
    create(acting: Acting, request: CreateContactRequest) {
      return ledger.write(method.createContact, request, acting.actor, async (transaction) => {
        const { knex } = transaction;
        const partner = await findOpenPartner(knex, acting, request.partnerId);
        const others = await listContacts(knex, partner.id);
        refuseEditor(acting, others, newcomer, true);
        refuseTakenEmail(others, request.email, undefined);
        if (others.length >= maxContacts) throw serviceError("contacts_limited");
        const contact = newContact(request, transaction.now);
        await insertContact(knex, contact);
        await tellGain(knex, {
          contact,
          roles: [...contact.roles],
          isNew: true,
          others,
          actor: acting.actor,
        });
        record(transaction, "contact.create", undefined, contact);
        return { contact: toContactMessage(contact) };
      });
    },

    async get(acting: Acting, { id }: GetContactRequest) {
      const { knex } = database;
      const contact = await findReachable(knex, acting, id);
      const pending = await pendingAddresses(knex, [id], clock.now());
      return { contact: toContactMessage(contact, pending.get(id)) };
    },

    async list(acting: Acting, request: ListContactsRequest) {
      const { partnerId } = request;
      ownPartner(acting, await findPartner(database.knex, partnerId));
      const filter = { partnerId, role: nameOf(contactRoles, request.role) };
      const page = readPage(request, contactOrders, filter);
      const found = await pageContacts(database.knex, filter, page);
      const { rows, nextPageToken } = finishPage(found, page, (contact) => keyOf(contact, page.column));
      const ids = rows.map(({ id }) => id);
      const pending = await pendingAddresses(database.knex, ids, clock.now());
      return { contacts: rows.map((row) => toContactMessage(row, pending.get(row.id))), nextPageToken };
    },

    update(acting: Acting, request: UpdateContactRequest) {
      return ledger.write(method.updateContact, request, acting.actor, async (transaction) => {
        const { knex, now } = transaction;
        const { contact, partner } = await openForEdit(knex, acting, request);
        const after = changed(contact, request, now);
        const others = await listContacts(knex, partner.id);
        refuseEditor(acting, others, contact, request.roles.length > 0);
        const email = request.email?.toLowerCase();
        if (email !== undefined) refuseTakenEmail(others, email, contact.id);
        refuseLastOfRole(partner.state, others, contact, after.roles);
        await updateContact(knex, after);
        await tellGainOf(transaction, contact, after, { others, actor: acting.actor });
        const pendingEmail =
          email === undefined
            ? (await pendingAddresses(knex, [contact.id], now)).get(contact.id)
            : await askAddressChange(transaction, contact, email, letters);
        record(transaction, "contact.update", contact, after, { pendingEmail });
        return { contact: toContactMessage(after, pendingEmail) };
      });
    },

    async confirmEmail({ code }: ConfirmContactEmailRequest) {
      const codeHash = hashAddressCode(code);
      const { contactId } = await readAddressCode(database.knex, codeHash, clock.now());
      const owner = await findContact(database.knex, contactId);
      if (owner === undefined) throw serviceError("address_code_invalid");
      return ledger.change(actorOf(owner), (transaction) => confirm(transaction, codeHash));
    },

    remove(acting: Acting, request: RemoveContactRequest) {
      return ledger.write(method.removeContact, request, acting.actor, async (transaction) => {
        const { knex, now } = transaction;
        const { contact, partner } = await openForEdit(knex, acting, request);
        const others = await listContacts(knex, partner.id);
        refuseEditor(acting, others, contact, true);
        refuseLastOfRole(partner.state, others, contact, new Set());
        const after = { ...contact, removedAt: now, updatedAt: now, revision: contact.revision + 1 };
        await updateContact(knex, after);
        await cancelAddressChanges(knex, contact.id, now);
        await endSessions(transaction, contact.id);
        record(transaction, "contact.remove", contact, undefined, { reason: request.reason.trim() });
        return {};
      });
    },
  };

  async function tellGainOf(
    { knex }: LedgerTransaction,
    before: ContactRecord,
    contact: ContactRecord,
    { others, actor }: Pick<ContactGain, "others" | "actor">,
  ): Promise<void> {
    const roles = [...contact.roles].filter((role) => !before.roles.has(role));
    const rest = others.filter(({ id }) => id !== contact.id);
    if (roles.length > 0) await tellGain(knex, { contact, roles, isNew: false, others: rest, actor });
  }

  /** Puts a new address into force. Whoever held the former one is signed out: it may be why it was changed. */
  async function confirm(transaction: LedgerTransaction, codeHash: Buffer) {
    const { knex, now } = transaction;
    const { contactId, email, confirmedAt } = await readAddressCode(knex, codeHash, now);
    const contact = await findContact(knex, contactId);
    if (contact === undefined || contact.removedAt !== undefined) throw serviceError("address_code_invalid");
    if (confirmedAt !== undefined && contact.email === email) return { email };
    if (confirmedAt !== undefined) throw serviceError("address_code_invalid");
    refuseClosed((await findPartner(knex, contact.partnerId))?.state ?? "terminated");
    refuseTakenEmail(await listContacts(knex, contact.partnerId), email, contact.id);
    const after = { ...contact, email, updatedAt: now, revision: contact.revision + 1 };
    await updateContact(knex, after);
    await markConfirmed(knex, codeHash, now);
    await endSessions(transaction, contact.id);
    record(transaction, "contact.confirm_address", contact, after);
    return { email };
  }
}

/** Whoever was removed meanwhile has no role any more. Errors: those of `refuseForeignEdit`. */
function refuseEditor(
  { actor, partnerId }: Acting,
  contacts: readonly ContactRecord[],
  edited: Pick<ContactRecord, "id" | "roles">,
  changesRoles: boolean,
): void {
  if (partnerId === undefined) return;
  refuseForeignEdit(contacts.find(({ id }) => id === actor.id) ?? nobody, edited, changesRoles);
}

/** Errors: `record_not_found`, `partner_closed`. */
async function findOpenPartner(knex: Knex, acting: Acting, id: string): Promise<PartnerRecord> {
  const partner = ownPartner(acting, await findPartner(knex, id));
  refuseClosed(partner.state);
  return partner;
}

async function findReachable(knex: Knex, acting: Acting, id: string): Promise<ContactRecord> {
  const contact = ownOnly(acting, await findContact(knex, id));
  if (contact.removedAt !== undefined) throw serviceError("record_not_found");
  return contact;
}

async function openForEdit(
  knex: Knex,
  acting: Acting,
  request: { readonly id: string; readonly etag: string },
): Promise<{ contact: ContactRecord; partner: PartnerRecord }> {
  const contact = await findReachable(knex, acting, request.id);
  checkEtag(request.etag, contact.revision);
  return { contact, partner: await findOpenPartner(knex, acting, contact.partnerId) };
}

function newContact(request: CreateContactRequest, now: number): ContactRecord {
  return {
    kind: "contact",
    id: createId("ctc"),
    partnerId: request.partnerId,
    name: request.name.trim(),
    email: request.email.toLowerCase(),
    phone: request.phone || undefined,
    roles: rolesOf(request.roles),
    createdAt: now,
    updatedAt: now,
    removedAt: undefined,
    revision: 1,
  };
}

function changed(contact: ContactRecord, request: UpdateContactRequest, now: number): ContactRecord {
  return {
    ...contact,
    name: request.name?.trim() ?? contact.name,
    phone: request.phone === undefined ? contact.phone : request.phone || undefined,
    roles: request.roles.length > 0 ? rolesOf(request.roles) : contact.roles,
    updatedAt: now,
    revision: contact.revision + 1,
  };
}

function keyOf({ id, name, createdAt }: ContactRecord, column: string): [string | number, string] {
  return column === "name" ? [name, id] : [createdAt, id];
}

/** Errors: `contact_email_taken`. */
function refuseTakenEmail(others: readonly ContactRecord[], email: string, ownId: string | undefined): void {
  const key = email.toLowerCase();
  if (others.some((other) => other.id !== ownId && other.email.toLowerCase() === key)) {
    throw serviceError("contact_email_taken");
  }
}

function record(
  transaction: LedgerTransaction,
  action: string,
  before: ContactRecord | undefined,
  after: ContactRecord | undefined,
  { reason, pendingEmail }: { readonly reason?: string; readonly pendingEmail?: string | undefined } = {},
): void {
  const { id: subject = "", partnerId } = before ?? after ?? {};
  transaction.record({
    action,
    subject,
    partnerId,
    reason,
    before: before && detailsOf(before),
    after: after && { ...detailsOf(after), pendingEmail },
  });
}

/** What the audit log keeps of a contact. Addresses and numbers are not shown to other contacts (audit-reading.ts). */
function detailsOf({ name, email, phone, roles }: ContactRecord) {
  return { name, email, phone, roles: [...roles] };
}
