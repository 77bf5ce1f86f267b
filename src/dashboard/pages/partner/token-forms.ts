// What can be done with a token, each as a form of its page.
import type { Token } from "../../../gen/statutetudiant/token/v1/token_pb.ts";
import type { Visit } from "../../frame/page.ts";
import { areaField, checkboxes, textField } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { type Html, html } from "../../html/html.ts";
import { describeScope } from "../../html/scope-words.ts";

/** Networks, and scopes: fewer than the procedure's, never more. */
export function networksForm(visit: Visit, { etag, allowedNetworks, scopes }: Token): Html {
  return html`<div class="tableau-texte">${actionForm(visit, {
    action: "update",
    submit: "Enregistrer",
    look: "secondary",
    etag,
    fields: (scope) => html`${areaField(scope, {
      name: "allowed_networks",
      label: "Adresses et réseaux d’où le jeton est accepté",
      hint: "Un par ligne, comme 198.51.100.7 ou 198.51.100.0/24. Vide : toute adresse.",
      value: allowedNetworks.join("\n"),
      rows: 4,
    })}
${checkboxes(scope, {
  name: "scopes",
  label: "Droits conservés",
  hint: "Retirez ceux dont la démarche n’a plus besoin.",
  required: true,
  values: scopes,
  choices: scopes.map((value) => ({ value, label: describeScope(value), hint: value })),
})}`,
  })}</div>`;
}

export function rotateForm(visit: Visit, { etag }: Token): Html {
  return html`<div class="tableau-texte"><p>Un nouveau secret est montré une fois. L’ancien reste accepté pendant le recouvrement, le temps de changer la configuration de vos serveurs.</p>
${actionForm(visit, {
  action: "rotate",
  etag,
  submit: "Renouveler et montrer le secret",
  look: "secondary",
  fields: (
    scope,
  ) => html`${textField(scope, { name: "overlap_days", label: "Recouvrement en jours", hint: "De 0 (l’ancien secret est refusé tout de suite) à 30.", type: "number", min: 0, max: 30, value: "7", required: true })}
${checkboxes(scope, { name: "last_secret_lost", label: "Secret perdu", choices: [{ value: "oui", label: "Le dernier secret est perdu", hint: "Il est refusé tout de suite : mettez 0 jour de recouvrement." }] })}`,
})}</div>`;
}
