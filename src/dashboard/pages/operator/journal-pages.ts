import { StatisticsService } from "../../../gen/statutetudiant/statistics/v1/statistics_pb.ts";
import type { Page } from "../../frame/page.ts";
import { filterField, filterForm, linkButton, pager } from "../../html/blocks.ts";
import { formatNumber, formatSecond, timeTag } from "../../html/dates.ts";
import { html } from "../../html/html.ts";
import { outcomeBadge } from "../../html/outcome-words.ts";
import { table } from "../../html/table.ts";
import { commonFilters, filterOf, methodCell } from "../partner/calls-pages.ts";
import { pageTokenOf } from "./operator-forms.ts";

export const journalPath = "/administration/journal";

/** The latest calls of all partners. What identifies students and agents is not part of them. */
export const journalPage: Page = {
  path: journalPath,
  audience: "operator",
  async show(visit) {
    const { query } = visit;
    const { calls, nextPageToken } = await visit.call(StatisticsService.method.listCalls, {
      filter: { ...filterOf(query, (query.get("organisme") ?? "").trim()), agent: "" },
      pageToken: pageTokenOf(visit),
    });
    return {
      title: "Journal des appels",
      body: html`<p class="tableau-texte">Ni l’INE, ni l’identité recherchée, ni l’agent ne s’affichent ici. Pour dire à un étudiant qui a consulté ses données, faites une recherche motivée ; la page d’un appel ouvre ce qui est scellé, avec un motif aussi.</p>
<p>${linkButton("Rechercher avec un motif", `${journalPath}/recherche`, "secondary")}</p>
${filterForm(html`${filterField(query, "organisme", "Identifiant du partenaire")}
${filterField(query, "identifiant", "Identifiant du jeton")}
${commonFilters(query)}`)}
${table({
  caption: "Appels de tous les partenaires, le plus récent d’abord",
  hidesCaption: true,
  columns: [
    {
      head: "Reçu le",
      cell: ({ requestId, receiveTime }) =>
        html`<a href="${journalPath}/${requestId}">${timeTag(receiveTime, formatSecond)}</a>`,
    },
    { head: "Méthode", cell: methodCell },
    { head: "Issue", cell: ({ outcome }) => outcomeBadge(outcome) },
    { head: "HTTP", cell: ({ httpStatus }) => httpStatus, isNumber: true },
    { head: "Destinataire", cell: ({ recipient }) => recipient || "–" },
    {
      head: "Jeton",
      cell: ({ tokenId }) => (tokenId ? html`<code class="tableau-mot">${tokenId}</code>` : "–"),
    },
    { head: "Adresse", cell: ({ clientAddress }) => clientAddress },
    { head: "Durée", cell: ({ durationMs }) => `${formatNumber(Math.round(durationMs))} ms`, isNumber: true },
  ],
  rows: calls,
  empty: "Aucun appel ne correspond.",
})}
${pager(journalPath, query, nextPageToken)}`,
    };
  },
};
