import { StatisticsService } from "../../../gen/statutetudiant/statistics/v1/statistics_pb.ts";
import type { Page, Visit } from "../../frame/page.ts";
import { filterField, filterForm, pager } from "../../html/blocks.ts";
import { formatSecond, timeTag } from "../../html/dates.ts";
import { html } from "../../html/html.ts";
import { outcomeBadge } from "../../html/outcome-words.ts";
import { table } from "../../html/table.ts";
import { readNames } from "./names-of-partner.ts";
import { partnerIdOf } from "./own-partner.ts";

/** Which agent of the partner looked when: the trace that the terms ask for (article 2). */
export const agentsPage: Page = {
  path: "/tableau-de-bord/agents",
  audience: "contact",
  async show(visit: Visit) {
    const names = await readNames(visit);
    const { calls, nextPageToken } = await visit.call(StatisticsService.method.listCalls, {
      filter: {
        partnerId: partnerIdOf(visit),
        agent: (visit.query.get("agent") ?? "").trim(),
        withAgent: true,
      },
      pageToken: visit.query.get("page") ?? "",
    });
    return {
      title: "Consultations par agent",
      body: html`<p class="tableau-texte">L’organisme ne met les données à disposition que des agents habilités et garde la trace de leurs accès (conditions d’utilisation, article 2). Chaque appel qui nomme son agent figure ici.</p>
${filterForm(filterField(visit.query, "agent", "Agent"), "Rechercher")}
${table({
  caption: "Consultations, la plus récente d’abord",
  hidesCaption: true,
  columns: [
    { head: "Agent", cell: ({ agent }) => agent },
    {
      head: "Date",
      cell: ({ requestId, receiveTime }) =>
        html`<a href="/tableau-de-bord/appels/${requestId}">${timeTag(receiveTime, formatSecond)}</a>`,
    },
    { head: "Démarche", cell: ({ procedureId }) => names.procedures.get(procedureId) ?? "–" },
    { head: "Issue", cell: ({ outcome }) => outcomeBadge(outcome) },
  ],
  rows: calls,
  empty:
    nextPageToken === ""
      ? "Aucun appel ne nomme d’agent : renseignez l’agent dans vos appels."
      : "Aucun appel parmi les derniers ne nomme d’agent : les suivants sont plus anciens.",
})}
${pager(visit.path, visit.query, nextPageToken)}`,
    };
  },
};
