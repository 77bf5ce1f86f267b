// What is told of an organisation and declared for it: by its own contacts, and by operators.
import { ContactService } from "../../../gen/statutetudiant/partner/v1/contact_pb.ts";
import { type Partner, PartnerService } from "../../../gen/statutetudiant/partner/v1/partner_pb.ts";
import type { ContactRole } from "../../../gen/statutetudiant/rules/v1/roles_pb.ts";
import type { Form } from "../../frame/form.ts";
import { redirect, type Visit } from "../../frame/page.ts";
import { alert } from "../../html/blocks.ts";
import { formatDay, timeTag } from "../../html/dates.ts";
import { checkboxes, textField } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { type Html, html } from "../../html/html.ts";
import { contactRoleChoices, requirementWords } from "../../html/words.ts";

/** What the forms below do for the partner that a page is about. */
export function organisationActions(partnerIdOf: (visit: Visit) => string) {
  return {
    async "add-contact"(visit: Visit, form: Form) {
      await visit.call(ContactService.method.createContact, {
        requestId: form.text("request_id"),
        partnerId: partnerIdOf(visit),
        name: form.text("name"),
        email: form.text("email"),
        phone: form.text("phone"),
        roles: form.numbers<ContactRole>("roles"),
      });
      return redirect(
        visit.path,
        "Le contact est ajouté. Il peut se connecter avec son adresse électronique.",
      );
    },
    async "declare-france-connect"(visit: Visit, form: Form) {
      await visit.call(PartnerService.method.declareFranceConnect, {
        requestId: form.text("request_id"),
        id: partnerIdOf(visit),
        etag: form.text("etag"),
        clientId: form.text("client_id"),
      });
      return redirect(visit.path, "L’accès à FranceConnect est déclaré.");
    },
  };
}

export function missingAlert({ missing: requirements }: Partner): Html | undefined {
  if (requirements.length === 0) return undefined;
  const list = requirements.map((requirement) => html`<li>${requirementWords[requirement]}</li>`);
  return alert("info", "Ce qui manque avant l’ouverture de l’accès", html`<ul>${list}</ul>`);
}

export function franceConnectWords({ franceConnect: declared }: Partner): Html | string {
  if (declared?.time === undefined) return "Non déclaré";
  return html`Déclaré le ${timeTag(declared.time, formatDay)}${declared.clientId !== "" && html` (client <code>${declared.clientId}</code>)`}`;
}

export function addContactForm(visit: Visit): Html {
  return html`<div class="tableau-texte">${actionForm(visit, {
    action: "add-contact",
    submit: "Ajouter le contact",
    fields: (
      scope,
    ) => html`${textField(scope, { name: "name", label: "Nom et prénom", required: true, maxLength: 100 })}
${textField(scope, { name: "email", label: "Adresse électronique", hint: "Format attendu : nom@domaine.fr", type: "email", required: true, maxLength: 254 })}
${textField(scope, { name: "phone", label: "Téléphone", type: "tel", maxLength: 30 })}
${checkboxes(scope, { name: "roles", label: "Rôles", hint: "Un au moins.", choices: contactRoleChoices, required: true })}`,
  })}</div>`;
}

export function franceConnectForm(visit: Visit, { etag, franceConnect: declared }: Partner): Html {
  return html`<div class="tableau-texte"><p>Le partenaire doit disposer d’un accès à FranceConnect (conditions d’utilisation, article 2).</p>
${actionForm(visit, {
  action: "declare-france-connect",
  submit: "Déclarer",
  look: "secondary",
  etag,
  fields: (scope) =>
    textField(scope, {
      name: "client_id",
      label: "Identifiant de client FranceConnect",
      value: declared?.clientId ?? "",
      maxLength: 200,
    }),
})}</div>`;
}
