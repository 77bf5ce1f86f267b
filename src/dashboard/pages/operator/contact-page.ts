import { type Contact, ContactService } from "../../../gen/statutetudiant/partner/v1/contact_pb.ts";
import { PartnerService } from "../../../gen/statutetudiant/partner/v1/partner_pb.ts";
import { type Page, redirect } from "../../frame/page.ts";
import { section } from "../../html/blocks.ts";
import { html } from "../../html/html.ts";
import {
  addressForm,
  addressNotice,
  changeAddress,
  describeContact,
  detailsForm,
  readContact,
  removeContact,
  removedNotice,
  removeForm,
} from "../partner/contact-page.ts";
import { auditTable, readActionsOn } from "./audit-page.ts";
import { actAndReturn, edit, idOf, mayAct } from "./operator-forms.ts";
import { partnersPath } from "./partners-pages.ts";

/** One contact of any partner: an operator corrects its details and roles, asks for another address, or removes it. */
export const operatorContactPage: Page = {
  path: "/administration/contacts/{id}",
  audience: "operator",
  async show(visit) {
    const contact = await readContact(visit);
    const { partner } = await visit.call(PartnerService.method.getPartner, { id: contact.partnerId });
    return {
      title: contact.name,
      trail: [
        ["Partenaires", partnersPath],
        [partner?.name ?? contact.partnerId, `${partnersPath}/${contact.partnerId}`],
      ],
      body: html`${describeContact(contact)}
${mayAct(visit) && section("Modifier les coordonnées", detailsForm(visit, contact, true))}
${mayAct(visit) && section("Changer d’adresse électronique", addressForm(visit, contact))}
${mayAct(visit) && section("Retirer ce contact", removeForm(visit, contact))}
${section("Dernières actions", auditTable("Dernières actions sur le contact", await readActionsOn(visit, contact.id)))}`,
    };
  },
  actions: {
    update: actAndReturn("Le contact est modifié.", (visit, form) =>
      visit.call(ContactService.method.updateContact, {
        ...edit(visit, form),
        name: form.text("name"),
        phone: form.text("phone"),
        roles: form.numbers<Contact["roles"][number]>("roles"),
      }),
    ),
    "change-address": actAndReturn(addressNotice, changeAddress),
    async remove(visit, form) {
      const { contact } = await visit.call(ContactService.method.getContact, { id: idOf(visit) });
      await removeContact(visit, form);
      return redirect(`${partnersPath}/${contact?.partnerId}`, removedNotice);
    },
  },
};
