import type { ServiceImpl } from "@connectrpc/connect";
import { asPerson } from "../audit/as-person.ts";
import type { ContactService } from "../gen/statutetudiant/partner/v1/contact_pb.ts";
import type { createContacts } from "./contacts.ts";

/** Implements `ContactService`. */
export function createContactService(
  contacts: ReturnType<typeof createContacts>,
): ServiceImpl<typeof ContactService> {
  return {
    createContact: asPerson(contacts.create),
    getContact: asPerson(contacts.get),
    listContacts: asPerson(contacts.list),
    updateContact: asPerson(contacts.update),
    confirmContactEmail: (request) => contacts.confirmEmail(request),
    removeContact: asPerson(contacts.remove),
  };
}
