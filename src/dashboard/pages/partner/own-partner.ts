import { ContactService } from "../../../gen/statutetudiant/partner/v1/contact_pb.ts";
import { type Partner, PartnerService } from "../../../gen/statutetudiant/partner/v1/partner_pb.ts";
import { personOf, type Visit } from "../../frame/page.ts";

/** The partner for which the person who looks acts. */
export function partnerIdOf(visit: Visit): string {
  const person = personOf(visit);
  return person.kind === "contact" ? person.partnerId : "";
}

export async function readPartner(visit: Visit): Promise<Partner> {
  const { partner } = await visit.call(PartnerService.method.getPartner, { id: partnerIdOf(visit) });
  if (partner === undefined) throw new Error("an answer holds the partner");
  return partner;
}

export async function readContacts(visit: Visit) {
  const { contacts } = await visit.call(ContactService.method.listContacts, {
    partnerId: partnerIdOf(visit),
    pageSize: 200,
  });
  return contacts;
}

/** Whether somebody has a role with which a button makes sense. The service decides all the same. */
export function hasRole(
  visit: Visit,
  ...roles: readonly ("administrative" | "technical" | "business")[]
): boolean {
  const person = personOf(visit);
  return person.kind === "contact" && roles.some((role) => person.roles.has(role));
}
