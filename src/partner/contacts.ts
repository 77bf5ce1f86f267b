// The people of a partner: named by an operator first, then by the partner's own administrative contacts.
import type { Knex } from "knex";
import { type ContactRoleName, contactRoles, nameOf } from "../access/person.ts";
import { type Acting, ownOnly } from "../audit/acting.ts";
import type { Ledger, LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import {
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
  /** Ends all sessions of somebody who is no contact any more. */
  readonly endSessions: (transaction: LedgerTransaction, contactId: string) => Promise<void>;
}

const { method } = ContactService;
const nobody = { id: "", roles: new Set<ContactRoleName>() };

export function createContacts({ database, ledger, endSessions }: ContactParts) {
  return {
    create(acting: Acting, request: CreateContactRequest) {
      return ledger.write(method.createContact, request, acting.actor, async (transaction) => {
        const { knex } = transaction;
        const partner = await findOpenPartner(knex, acting, request.partnerId);
        const others = await listContacts(knex, partner.id);
        refuseTakenEmail(others, request.email, undefined);
        if (others.length >= maxContacts) throw serviceError("contacts_limited");
        const contact = newContact(request, transaction.now);
        await insertContact(knex, contact);
        record(transaction, "contact.create", undefined, contact);
        return { contact: toContactMessage(contact) };
      });
    },

    async get(acting: Acting, { id }: GetContactRequest) {
      return { contact: toContactMessage(await findReachable(database.knex, acting, id)) };
    },

    async list(acting: Acting, request: ListContactsRequest) {
      const { partnerId } = request;
      ownPartner(acting, await findPartner(database.knex, partnerId));
      const filter = { partnerId, role: nameOf(contactRoles, request.role) };
      const page = readPage(request, contactOrders, filter);
      const found = await pageContacts(database.knex, filter, page);
      const { rows, nextPageToken } = finishPage(found, page, (contact) => keyOf(contact, page.column));
      return { contacts: rows.map(toContactMessage), nextPageToken };
    },

    update(acting: Acting, request: UpdateContactRequest) {
      return ledger.write(method.updateContact, request, acting.actor, async (transaction) => {
        const { contact, partner } = await openForEdit(transaction.knex, acting, request);
        const after = changed(contact, request, transaction.now);
        const others = await listContacts(transaction.knex, partner.id);
        if (acting.partnerId !== undefined) {
          // Whoever was removed meanwhile has no role any more.
          const editor = others.find(({ id }) => id === acting.actor.id) ?? nobody;
          refuseForeignEdit(editor, contact, request.roles.length > 0);
        }
        refuseTakenEmail(others, after.email, contact.id);
        refuseLastOfRole(partner.state, others, contact, after.roles);
        await updateContact(transaction.knex, after);
        record(transaction, "contact.update", contact, after);
        return { contact: toContactMessage(after) };
      });
    },

    remove(acting: Acting, request: RemoveContactRequest) {
      return ledger.write(method.removeContact, request, acting.actor, async (transaction) => {
        const { knex, now } = transaction;
        const { contact, partner } = await openForEdit(knex, acting, request);
        refuseLastOfRole(partner.state, await listContacts(knex, partner.id), contact, new Set());
        const after = { ...contact, removedAt: now, updatedAt: now, revision: contact.revision + 1 };
        await updateContact(knex, after);
        await endSessions(transaction, contact.id);
        record(transaction, "contact.remove", contact, undefined, request.reason.trim());
        return {};
      });
    },
  };
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
    email: request.email?.toLowerCase() ?? contact.email,
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
  reason?: string,
): void {
  const { id: subject = "", partnerId } = before ?? after ?? {};
  transaction.record({
    action,
    subject,
    partnerId,
    reason,
    before: before && detailsOf(before),
    after: after && detailsOf(after),
  });
}

/** What the audit log keeps of a contact. Addresses and numbers are not shown to other contacts (audit-reading.ts). */
function detailsOf({ name, email, phone, roles }: ContactRecord) {
  return { name, email, phone, roles: [...roles] };
}
