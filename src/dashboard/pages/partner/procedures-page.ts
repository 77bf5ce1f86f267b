import { ProcedureService } from "../../../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { type Page, redirect } from "../../frame/page.ts";
import { linkButton, pager } from "../../html/blocks.ts";
import { formatDay, timeTag } from "../../html/dates.ts";
import { actionForm } from "../../html/form-scope.ts";
import { html } from "../../html/html.ts";
import { table } from "../../html/table.ts";
import { procedureStateWords, stateBadge } from "../../html/words.ts";
import { hasRole, partnerIdOf } from "./own-partner.ts";
import { contentFields, readContent } from "./procedure-form.ts";

export const proceduresPath = "/tableau-de-bord/demarches";

/** The partner's procedures, and where each stands. */
export const proceduresPage: Page = {
  path: proceduresPath,
  audience: "contact",
  async show(visit) {
    const { procedures, nextPageToken } = await visit.call(ProcedureService.method.listProcedures, {
      partnerId: partnerIdOf(visit),
      pageToken: visit.query.get("page") ?? "",
      orderBy: "create_time desc",
    });
    return {
      title: "Démarches",
      body: html`<p class="tableau-texte">Une démarche dit pour quelle finalité, sur quel fondement et avec quelles données vous interrogez le service. Le ministère l’approuve avant qu’un jeton ne soit délivré.</p>
${hasRole(visit, "administrative", "business") && html`<p>${linkButton("Déclarer une démarche", `${proceduresPath}/nouvelle`)}</p>`}
${table({
  caption: "Démarches de l’organisme",
  hidesCaption: true,
  columns: [
    {
      head: "Démarche",
      cell: ({ id, proposal, approved }) =>
        html`<a href="${proceduresPath}/${id}">${approved?.name ?? proposal?.name}</a>`,
    },
    { head: "État", cell: ({ state }) => stateBadge(procedureStateWords, state) },
    { head: "Envoyée le", cell: ({ submitTime }) => timeTag(submitTime, formatDay) },
    { head: "Décision le", cell: ({ decideTime }) => timeTag(decideTime, formatDay) },
    { head: "Motif", cell: ({ decisionReason }) => decisionReason || "–" },
  ],
  rows: procedures,
  empty: "Votre organisme n’a pas encore déclaré de démarche.",
})}
${pager(visit.path, visit.query, nextPageToken)}`,
    };
  },
};

/** Declares a procedure: a draft first, which is then sent. */
export const newProcedurePage: Page = {
  path: `${proceduresPath}/nouvelle`,
  audience: "contact",
  show: (visit) => ({
    title: "Déclarer une démarche",
    trail: [["Démarches", proceduresPath]],
    body: html`<div class="tableau-texte">${actionForm(visit, {
      action: "create",
      submit: "Enregistrer le brouillon",
      fields: (scope) => contentFields(scope, undefined),
    })}</div>`,
  }),
  actions: {
    async create(visit, form) {
      const { procedure } = await visit.call(ProcedureService.method.createProcedure, {
        requestId: form.text("request_id"),
        content: readContent(form),
      });
      return redirect(
        `${proceduresPath}/${procedure?.id}`,
        "Le brouillon est enregistré. Relisez-le, puis envoyez-le.",
      );
    },
  },
};
