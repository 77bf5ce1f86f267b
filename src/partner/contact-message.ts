// Contacts as the contract writes them.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type ContactRoleName, contactRoles, nameOf } from "../access/person.ts";
import type { ContactSchema } from "../gen/statutetudiant/partner/v1/contact_pb.ts";
import type { ContactRole } from "../gen/statutetudiant/rules/v1/roles_pb.ts";
import { etagOf } from "../storage/etag.ts";
import type { ContactRecord } from "./contact-storage.ts";

/** `pendingEmail` waits for its confirmation; undefined: none does. */
export function toContactMessage(
  contact: ContactRecord,
  pendingEmail?: string | undefined,
): MessageInitShape<typeof ContactSchema> {
  return {
    id: contact.id,
    partnerId: contact.partnerId,
    name: contact.name,
    email: contact.email,
    phone: contact.phone ?? "",
    pendingEmail: pendingEmail ?? "",
    roles: [...contact.roles].map((role) => contactRoles[role]).toSorted((a, b) => a - b),
    createTime: timestampFromMs(contact.createdAt),
    etag: etagOf(contact.revision),
  };
}

/** Each role once. */
export function rolesOf(numbers: readonly ContactRole[]): ReadonlySet<ContactRoleName> {
  const names = numbers.toSorted((a, b) => a - b).map((number) => nameOf(contactRoles, number));
  return new Set(names.filter((name) => name !== undefined));
}
