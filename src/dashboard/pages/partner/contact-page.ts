import { type Contact, ContactService } from "../../../gen/statutetudiant/partner/v1/contact_pb.ts";
import type { Form } from "../../frame/form.ts";
import { type Page, personOf, redirect, type Visit } from "../../frame/page.ts";
import { facts, section } from "../../html/blocks.ts";
import { formatDay, timeTag } from "../../html/dates.ts";
import { areaField, checkboxes, textField } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { type Html, html } from "../../html/html.ts";
import { contactRoleChoices, contactRolesWords } from "../../html/words.ts";
import { hasRole } from "./own-partner.ts";

const listPath = "/tableau-de-bord/organisme";

/** One contact: its details, and the address to sign in with. */
export const contactPage: Page = {
  path: "/tableau-de-bord/contacts/{id}",
  audience: "contact",
  async show(visit) {
    const contact = await readContact(visit);
    const isOwn = contact.id === personOf(visit).id;
    const mayName = hasRole(visit, "administrative");
    return {
      title: contact.name,
      trail: [["Organisme et contacts", listPath]],
      body: html`${describeContact(contact)}
${(isOwn || mayName) && section("Modifier les coordonnées", detailsForm(visit, contact, mayName))}
${(isOwn || mayName) && section("Changer d’adresse électronique", addressForm(visit, contact))}
${mayName && section("Retirer ce contact", removeForm(visit, contact))}`,
    };
  },
  actions: {
    async update(visit, form) {
      const roles = form.numbers<Contact["roles"][number]>("roles");
      await visit.call(ContactService.method.updateContact, {
        requestId: form.text("request_id"),
        id: idOf(visit),
        etag: form.text("etag"),
        name: form.text("name"),
        phone: form.text("phone"),
        ...(hasRole(visit, "administrative") && { roles }),
      });
      return redirect(visit.path, "Les coordonnées sont enregistrées.");
    },
    async "change-address"(visit, form) {
      await changeAddress(visit, form);
      return redirect(visit.path, addressNotice);
    },
    async remove(visit, form) {
      await removeContact(visit, form);
      return redirect(listPath, removedNotice);
    },
  },
};

export const addressNotice = "Un lien de confirmation part à la nouvelle adresse.";
export const removedNotice = "Le contact est retiré. Ses sessions sont fermées.";

export async function changeAddress(visit: Visit, form: Form): Promise<void> {
  await visit.call(ContactService.method.updateContact, {
    requestId: form.text("request_id"),
    id: idOf(visit),
    etag: form.text("etag"),
    email: form.text("email"),
  });
}

export async function removeContact(visit: Visit, form: Form): Promise<void> {
  await visit.call(ContactService.method.removeContact, {
    requestId: form.text("request_id"),
    id: idOf(visit),
    etag: form.text("etag"),
    reason: form.text("reason"),
  });
}

export function describeContact(contact: Contact): Html {
  return facts([
    ["Rôles", contactRolesWords(contact.roles)],
    ["Adresse électronique", contact.email],
    ["Nouvelle adresse, à confirmer", contact.pendingEmail],
    ["Téléphone", contact.phone || "–"],
    ["Contact depuis", timeTag(contact.createTime, formatDay)],
  ]);
}

function idOf(visit: Visit): string {
  return visit.params["id"] ?? "";
}

export async function readContact(visit: Visit): Promise<Contact> {
  const { contact } = await visit.call(ContactService.method.getContact, { id: idOf(visit) });
  if (contact === undefined) throw new Error("an answer holds the contact");
  return contact;
}

export function detailsForm(visit: Visit, { name, phone, roles, etag }: Contact, mayName: boolean): Html {
  return html`<div class="tableau-texte">${actionForm(visit, {
    action: "update",
    submit: "Enregistrer",
    etag,
    fields: (
      scope,
    ) => html`${textField(scope, { name: "name", label: "Nom et prénom", value: name, required: true, maxLength: 100, autocomplete: "name" })}
${textField(scope, { name: "phone", label: "Téléphone", value: phone, type: "tel", maxLength: 30, autocomplete: "tel" })}
${mayName && checkboxes(scope, { name: "roles", label: "Rôles", choices: contactRoleChoices, values: roles.map(String), required: true })}`,
  })}</div>`;
}

export function addressForm(visit: Visit, { etag }: Contact): Html {
  return html`<div class="tableau-texte"><p>La nouvelle adresse ne compte qu’une fois confirmée par le lien qu’elle reçoit. L’adresse actuelle est prévenue.</p>
${actionForm(visit, {
  action: "change-address",
  etag,
  submit: "Envoyer le lien de confirmation",
  look: "secondary",
  fields: (scope) =>
    textField(scope, {
      name: "email",
      label: "Nouvelle adresse électronique",
      hint: "Format attendu : nom@domaine.fr",
      type: "email",
      required: true,
      maxLength: 254,
      autocomplete: "email",
    }),
})}</div>`;
}

export function removeForm(visit: Visit, { etag }: Contact): Html {
  return html`<div class="tableau-texte">${actionForm(visit, {
    action: "remove",
    submit: "Retirer le contact",
    look: "secondary",
    etag,
    fields: (scope) => areaField(scope, { name: "reason", label: "Motif", required: true, maxLength: 500 }),
  })}</div>`;
}
