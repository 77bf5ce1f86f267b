import { type Contact, ContactService } from "../../../gen/statutetudiant/partner/v1/contact_pb.ts";
import type { Form } from "../../frame/form.ts";
import { type Page, personOf, redirect, type Visit } from "../../frame/page.ts";
import { facts, section } from "../../html/blocks.ts";
import { formatDay, timeTag } from "../../html/dates.ts";
import { areaField, checkboxes, textField } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { type Html, html } from "../../html/html.ts";
import { contactRoleChoices, contactRolesWords } from "../../html/words.ts";
import { type AddressChangeParts, askAddressChange } from "./address-change.ts";
import { hasRole } from "./own-partner.ts";

const listPath = "/tableau-de-bord/organisme";

/** One contact: its details, and for oneself the address to sign in with. */
export function contactPage(parts: AddressChangeParts): Page {
  return {
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
${(isOwn || mayName) && section("Modifier les coordonnées", detailsForm(visit, contact, { mayName, hasAddress: false }))}
${isOwn && section("Changer d’adresse électronique", addressForm(visit))}
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
        await askAddressChange(parts, visit, await readContact(visit), form.text("email"));
        return redirect(
          visit.path,
          "Un lien de confirmation part à la nouvelle adresse. Ouvrez-le dans ce navigateur.",
        );
      },
      async remove(visit, form) {
        await removeContact(visit, form);
        return redirect(listPath, removedNotice);
      },
    },
  };
}

export const removedNotice = "Le contact est retiré. Ses sessions sont fermées.";

export async function removeContact(visit: Visit, form: Form): Promise<void> {
  await visit.call(ContactService.method.removeContact, {
    requestId: form.text("request_id"),
    id: idOf(visit),
    etag: form.text("etag"),
    reason: form.text("reason"),
  });
}

function idOf(visit: Visit): string {
  return visit.params["id"] ?? "";
}

export function describeContact(contact: Contact): Html {
  return facts([
    ["Rôles", contactRolesWords(contact.roles)],
    ["Adresse électronique", contact.email],
    ["Téléphone", contact.phone || "–"],
    ["Contact depuis", timeTag(contact.createTime, formatDay)],
  ]);
}

export async function readContact(visit: Visit): Promise<Contact> {
  const { contact } = await visit.call(ContactService.method.getContact, { id: idOf(visit) });
  if (contact === undefined) throw new Error("an answer holds the contact");
  return contact;
}

/** `mayName`: roles can be changed; `hasAddress`: so can the e-mail address, without a confirmation. */
export function detailsForm(
  visit: Visit,
  { name, email, phone, roles, etag }: Contact,
  { mayName, hasAddress }: { readonly mayName: boolean; readonly hasAddress: boolean },
): Html {
  return html`<div class="tableau-texte">${actionForm(visit, {
    action: "update",
    submit: "Enregistrer",
    etag,
    fields: (
      scope,
    ) => html`${textField(scope, { name: "name", label: "Nom et prénom", value: name, required: true, maxLength: 100, autocomplete: "name" })}
${hasAddress && textField(scope, { name: "email", label: "Adresse électronique", hint: "Le contact se connecte avec elle.", value: email, type: "email", required: true, maxLength: 254 })}
${textField(scope, { name: "phone", label: "Téléphone", value: phone, type: "tel", maxLength: 30, autocomplete: "tel" })}
${mayName && checkboxes(scope, { name: "roles", label: "Rôles", choices: contactRoleChoices, values: roles.map(String), required: true })}`,
  })}</div>`;
}

function addressForm(visit: Visit): Html {
  return html`<div class="tableau-texte"><p>La nouvelle adresse ne sert à se connecter qu’après avoir été confirmée par le lien qu’elle reçoit.</p>
${actionForm(visit, {
  action: "change-address",
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
