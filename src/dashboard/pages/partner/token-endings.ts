// What ends a token for ever, for the partner's contacts and for operators alike.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { TokenService } from "../../../gen/statutetudiant/token/v1/token_pb.ts";
import { startOfParisDay } from "../../../paris-time.ts";
import { requireConfirmation } from "../../frame/form.ts";
import { type Action, redirect, type Visit } from "../../frame/page.ts";
import { areaField, confirmation, textField } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { type Html, html } from "../../html/html.ts";

/** The actions of the forms below, on a page whose address names the token. */
export const endingActions = {
  async revoke(visit, form) {
    requireConfirmation(form);
    const day = form.day("date");
    await visit.call(TokenService.method.revokeToken, {
      requestId: form.text("request_id"),
      id: visit.params["id"] ?? "",
      reason: form.text("reason"),
      ...(day !== undefined && { revokeTime: timestampFromMs(startOfParisDay(day)) }),
    });
    return redirect(visit.path, day === undefined ? "Le jeton est révoqué." : "La révocation est prévue.");
  },
  async leak(visit, form) {
    requireConfirmation(form);
    await visit.call(TokenService.method.markTokenLeaked, {
      requestId: form.text("request_id"),
      id: visit.params["id"] ?? "",
      reason: form.text("reason"),
    });
    return redirect(visit.path, "Le jeton est révoqué et les contacts sont prévenus. Il en faut un autre.");
  },
} as const satisfies Readonly<Record<string, Action>>;

export function revokeForm(visit: Visit): Html {
  return html`<div class="tableau-texte"><p>Un jeton révoqué est refusé pour toujours, en moins d’une seconde.</p>
${actionForm(visit, {
  action: "revoke",
  submit: "Révoquer le jeton",
  look: "secondary",
  fields: (
    scope,
  ) => html`${textField(scope, { name: "date", label: "Date de révocation", hint: "À minuit, heure de Paris. Vide : tout de suite.", type: "date" })}
${areaField(scope, { name: "reason", label: "Motif", required: true, maxLength: 500, rows: 2 })}
${confirmation(scope, "confirmation", "Je sais que cela ne s’annule pas.")}`,
})}</div>`;
}

export function leakForm(visit: Visit): Html {
  return html`<div class="tableau-texte"><p>Si quelqu’un d’autre a pu lire le secret, signalez-le : le jeton est révoqué tout de suite et les contacts sont prévenus.</p>
${actionForm(visit, {
  action: "leak",
  submit: "Signaler et révoquer",
  look: "secondary",
  fields: (
    scope,
  ) => html`${areaField(scope, { name: "reason", label: "Circonstances", hint: "Sans le secret lui-même.", required: true, maxLength: 500, rows: 2 })}
${confirmation(scope, "confirmation", "Je sais que les appels avec ce jeton vont échouer.")}`,
})}</div>`;
}
