import type { ServiceImpl } from "@connectrpc/connect";
import { principalOf } from "../audit/principal.ts";
import type { ContactService } from "../gen/statutetudiant/partner/v1/contact_pb.ts";
import { personOf } from "../request/call.ts";
import type { createContacts } from "./contacts.ts";

/** Implements `ContactService`. */
export function createContactService(
  contacts: ReturnType<typeof createContacts>,
): ServiceImpl<typeof ContactService> {
  const principal = (context: Parameters<typeof personOf>[0]) => principalOf(personOf(context));
  return {
    createContact: (request, context) => contacts.create(principal(context), request),
    getContact: (request, context) => contacts.get(principal(context), request),
    listContacts: (request, context) => contacts.list(principal(context), request),
    updateContact: (request, context) => contacts.update(principal(context), request),
    removeContact: (request, context) => contacts.remove(principal(context), request),
  };
}
