import {
  type LegalCategory,
  PartnerService,
  type PartnerState,
} from "../../../gen/statutetudiant/partner/v1/partner_pb.ts";
import { type Page, redirect } from "../../frame/page.ts";
import { filterField, filterForm, linkButton, pager } from "../../html/blocks.ts";
import { formatDay, timeTag } from "../../html/dates.ts";
import { areaField, selectField, textField } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { html } from "../../html/html.ts";
import { table } from "../../html/table.ts";
import { legalCategoryWords, partnerStateWords, stateBadge } from "../../html/words.ts";
import { choiceOf, choicesOf, filterChoices, mayAct, pageTokenOf } from "./operator-forms.ts";

export const partnersPath = "/administration/partenaires";

/** Every partner, by name, SIRET and state. */
export const partnersPage: Page = {
  path: partnersPath,
  audience: "operator",
  async show(visit) {
    const { query } = visit;
    const { partners, nextPageToken } = await visit.call(PartnerService.method.listPartners, {
      state: choiceOf<PartnerState>(visit, "etat"),
      siret: (query.get("siret") ?? "").replaceAll(/\s/g, ""),
      namePart: (query.get("nom") ?? "").trim(),
      pageToken: pageTokenOf(visit),
      orderBy: "name",
    });
    return {
      title: "Partenaires",
      body: html`${mayAct(visit) && html`<p>${linkButton("Enregistrer une demande", `${partnersPath}/nouveau`)}</p>`}
${filterForm(html`${filterField(query, "nom", "Nom")}
${filterField(query, "siret", "SIRET")}
${filterField(query, "etat", "Accès", { choices: filterChoices(partnerStateWords, "Tous") })}`)}
${table({
  caption: "Partenaires",
  hidesCaption: true,
  columns: [
    { head: "Organisme", cell: ({ id, name }) => html`<a href="${partnersPath}/${id}">${name}</a>` },
    { head: "SIRET", cell: ({ siret }) => siret },
    { head: "Accès", cell: ({ state }) => stateBadge(partnerStateWords, state) },
    { head: "Catégorie", cell: ({ legalCategory }) => legalCategoryWords[legalCategory] ?? "–" },
    { head: "Demande du", cell: ({ createTime }) => timeTag(createTime, formatDay) },
  ],
  rows: partners,
  empty: "Aucun partenaire ne correspond.",
})}
${pager(visit.path, query, nextPageToken)}`,
    };
  },
};

/** Registers who asks for access; contacts, eligibility and the rest follow on the partner's page. */
export const newPartnerPage: Page = {
  path: `${partnersPath}/nouveau`,
  audience: "operator",
  show: (visit) => ({
    title: "Enregistrer une demande d’accès",
    trail: [["Partenaires", partnersPath]],
    body: html`<div class="tableau-texte">${actionForm(visit, {
      action: "register",
      submit: "Enregistrer la demande",
      fields: (
        scope,
      ) => html`${textField(scope, { name: "siret", label: "SIRET", hint: "14 chiffres.", required: true, maxLength: 14 })}
${textField(scope, { name: "name", label: "Nom de l’organisme", required: true, maxLength: 200 })}
${selectField(scope, { name: "legal_category", label: "Catégorie juridique", empty: "À préciser", choices: choicesOf(legalCategoryWords) })}
${areaField(scope, { name: "legal_text", label: "Texte qui fonde la mission", maxLength: 1000 })}`,
    })}</div>`,
  }),
  actions: {
    async register(visit, form) {
      const { partner } = await visit.call(PartnerService.method.registerPartner, {
        requestId: form.text("request_id"),
        siret: form.text("siret"),
        name: form.text("name"),
        legalCategory: form.number("legal_category") as LegalCategory,
        legalText: form.text("legal_text"),
      });
      return redirect(
        `${partnersPath}/${partner?.id}`,
        "La demande est enregistrée. Ajoutez les contacts de l’organisme.",
      );
    },
  },
};
