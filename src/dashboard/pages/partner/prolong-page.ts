import type { Contact } from "../../../gen/statutetudiant/partner/v1/contact_pb.ts";
import { type Procedure, ProcedureService } from "../../../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { type Token, TokenService } from "../../../gen/statutetudiant/token/v1/token_pb.ts";
import type { Form } from "../../frame/form.ts";
import { type Page, redirect, type Visit } from "../../frame/page.ts";
import { checkboxes } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { html } from "../../html/html.ts";
import { describeScope } from "../../html/scope-words.ts";
import { contactRolesWords } from "../../html/words.ts";
import { readContacts } from "./own-partner.ts";
import { idOf, readToken } from "./token-page.ts";
import { procedureNames, tokensPath } from "./tokens-page.ts";

/** Prolongs a token once what it rests on is confirmed: contacts, purposes and scopes, each by a box of its own. */
export const prolongPage: Page = {
  path: `${tokensPath}/{id}/prolonger`,
  audience: "contact",
  async show(visit) {
    const token = await readToken(visit);
    const [contacts, procedures] = await Promise.all([readContacts(visit), readProcedures(visit, token)]);
    return {
      title: "Prolonger le jeton",
      trail: [
        ["Jetons", tokensPath],
        [procedureNames(token), `${tokensPath}/${token.id}`],
      ],
      body: html`<div class="tableau-texte"><p>Un jeton se prolonge de 18 mois au plus, dans les 90 jours qui précèdent sa fin. Relisez ce sur quoi il repose et confirmez chaque point ; s’il n’est plus exact, corrigez-le d’abord.</p>
${actionForm(visit, {
  action: "prolong",
  submit: "Prolonger de 18 mois",
  fields: (
    scope,
  ) => html`${checkboxes(scope, { name: "contacts", label: "Ces contacts sont toujours les bons", required: true, choices: contacts.map(describeContact) })}
${checkboxes(scope, { name: "procedures", label: "Ces finalités sont toujours celles de la démarche", required: true, choices: procedures.map(describeProcedure) })}
${checkboxes(scope, { name: "scopes", label: "Ces données sont toujours nécessaires", required: true, choices: token.scopes.map((value) => ({ value, label: describeScope(value) })) })}`,
})}</div>`,
    };
  },
  actions: {
    async prolong(visit, form) {
      await visit.call(TokenService.method.prolongToken, {
        requestId: form.text("request_id"),
        id: idOf(visit),
        contacts: confirmed(form, "contacts"),
        procedures: confirmed(form, "procedures"),
        scopes: form.all("scopes"),
      });
      return redirect(`${tokensPath}/${idOf(visit)}`, "Le jeton est prolongé.");
    },
  },
};

async function readProcedures(visit: Visit, { procedures }: Token): Promise<Procedure[]> {
  const answers = await Promise.all(
    procedures.map(({ id }) => visit.call(ProcedureService.method.getProcedure, { id })),
  );
  return answers.map(({ procedure }) => procedure).filter((procedure) => procedure !== undefined);
}

/** A box confirms a record as it was read: its revision goes along. */
function describeContact({ id, etag, name, email, roles }: Contact) {
  return { value: `${id} ${etag}`, label: name, hint: `${email} – ${contactRolesWords(roles)}` };
}

function describeProcedure({ id, etag, approved }: Procedure) {
  return { value: `${id} ${etag}`, label: approved?.name ?? id, hint: approved?.purpose };
}

function confirmed(form: Form, name: string) {
  return form.all(name).map((value) => {
    const [id = "", etag = ""] = value.split(" ", 2);
    return { id, etag };
  });
}
