import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  ProcedureContent,
  ProcedureContentSchema,
} from "../../../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import type { Form } from "../../frame/form.ts";
import { areaField, textField } from "../../html/fields.ts";
import type { FormScope } from "../../html/form-scope.ts";
import { type Html, html } from "../../html/html.ts";
import { scopeWords } from "../../html/scope-words.ts";

/** The fields of a procedure. A scope is asked for by saying why it is needed. */
export function contentFields(scope: FormScope, content: ProcedureContent | undefined): Html {
  return html`${textField(scope, { name: "content.name", label: "Nom de la démarche", value: content?.name ?? "", required: true, maxLength: 200 })}
${areaField(scope, { name: "content.purpose", label: "Finalité", hint: "Ce que l’usager obtient, et pourquoi son statut d’étudiant compte.", value: content?.purpose ?? "", required: true, rows: 4, maxLength: 2000 })}
${areaField(scope, { name: "content.legal_basis", label: "Fondement juridique", hint: "Texte, article, délibération.", value: content?.legalBasis ?? "", required: true, rows: 3, maxLength: 1000 })}
${textField(scope, { name: "content.retention_days", label: "Durée de conservation des données, en jours", type: "number", min: 1, max: 3650, value: String(content?.retentionDays ?? ""), required: true })}
<fieldset class="fr-fieldset"><legend class="fr-fieldset__legend">Données demandées<span class="fr-hint-text">Dites pour chacune pourquoi elle est strictement nécessaire ; laissez vide ce que vous ne demandez pas.</span></legend>
${Object.entries(scopeWords).map(
  ([name, label]) =>
    html`<div class="fr-fieldset__element">${areaField(scope, { name: `need.${name}`, label, value: needOf(content, name), rows: 2, maxLength: 500 })}</div>`,
)}</fieldset>
<fieldset class="fr-fieldset"><legend class="fr-fieldset__legend">Sous-traitant<span class="fr-hint-text">S’il appelle le service pour vous. Vous restez responsable de l’usage du jeton.</span></legend>
<div class="fr-fieldset__element">${textField(scope, { name: "content.subcontractor.siret", label: "SIRET", value: content?.subcontractor?.siret ?? "", maxLength: 14 })}</div>
<div class="fr-fieldset__element">${textField(scope, { name: "content.subcontractor.name", label: "Nom", value: content?.subcontractor?.name ?? "", maxLength: 200 })}</div></fieldset>
<fieldset class="fr-fieldset"><legend class="fr-fieldset__legend">Jeton partagé<span class="fr-hint-text">Pour utiliser le jeton d’une autre démarche : finalité voisine et mêmes données seulement.</span></legend>
<div class="fr-fieldset__element">${textField(scope, { name: "content.close_to.procedure_id", label: "Identifiant de l’autre démarche", hint: "prc_…", value: content?.closeTo?.procedureId ?? "", maxLength: 40 })}</div>
<div class="fr-fieldset__element">${areaField(scope, { name: "content.close_to.explanation", label: "En quoi les finalités sont voisines", value: content?.closeTo?.explanation ?? "", rows: 2, maxLength: 1000 })}</div></fieldset>`;
}

function needOf(content: ProcedureContent | undefined, scope: string): string {
  return content?.scopes.find((need) => need.scope === scope)?.justification ?? "";
}

export function readContent(form: Form): MessageInitShape<typeof ProcedureContentSchema> {
  const siret = form.text("content.subcontractor.siret").replaceAll(/\s/g, "");
  const subcontractor = { siret, name: form.text("content.subcontractor.name") };
  const closeTo = {
    procedureId: form.text("content.close_to.procedure_id"),
    explanation: form.text("content.close_to.explanation"),
  };
  return {
    name: form.text("content.name"),
    purpose: form.text("content.purpose"),
    legalBasis: form.text("content.legal_basis"),
    retentionDays: form.number("content.retention_days"),
    scopes: Object.keys(scopeWords)
      .map((scope) => ({ scope, justification: form.text(`need.${scope}`) }))
      .filter(({ justification }) => justification !== ""),
    ...((siret !== "" || subcontractor.name !== "") && { subcontractor }),
    ...((closeTo.procedureId !== "" || closeTo.explanation !== "") && { closeTo }),
  };
}
