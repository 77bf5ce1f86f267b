import { AvailabilityService } from "../../../gen/statutetudiant/availability/v1/availability_pb.ts";
import { type Incident, NoticeService } from "../../../gen/statutetudiant/notice/v1/notice_pb.ts";
import type { Page } from "../../frame/page.ts";
import { alert, facts, section } from "../../html/blocks.ts";
import { formatMonth, formatNumber, formatPercent, timeTag } from "../../html/dates.ts";
import { type Html, html } from "../../html/html.ts";
import { impactWords, incidentStateWords, verdictWords } from "../../html/notice-words.ts";
import { table } from "../../html/table.ts";
import { stateBadge } from "../../html/words.ts";
import { changesTable, incidentsTable, maintenancesTable, partsWords } from "./notices-view.ts";

const statusPath = "/etat-du-service";

/** How the service is now, what is announced, and the availability that the terms promise (article 3). */
export const statusPage: Page = {
  path: statusPath,
  audience: "public",
  async show(visit) {
    const [status, { months }] = await Promise.all([
      visit.call(NoticeService.method.getServiceStatus, {}),
      visit.call(AvailabilityService.method.listMonths, { pageSize: 12 }),
    ]);
    const { openIncidents } = status;
    return {
      title: "État du service",
      body: html`${
        openIncidents.length === 0
          ? alert("success", "Le service fonctionne normalement", "Aucun incident n’est en cours.")
          : alert("warning", "Un incident est en cours", openIncidents.map(({ title }) => title).join(" ; "))
      }
${openIncidents.length > 0 && section("Incidents en cours", incidentsTable("Incidents en cours", openIncidents, ""))}
${section(
  "Disponibilité",
  html`<p class="tableau-texte">Le service est disponible 97,8 % du temps de chaque mois, apprécié à la fin du mois (conditions d’utilisation, article 3).</p>`,
  table({
    caption: "Disponibilité par mois",
    hidesCaption: true,
    columns: [
      { head: "Mois", cell: ({ month }) => formatMonth(Date.parse(`${month}-15`)) },
      {
        head: "Disponibilité",
        cell: ({ availableShare }) => formatPercent(availableShare, 3),
        isNumber: true,
      },
      { head: "Engagement", cell: ({ promisedShare }) => formatPercent(promisedShare), isNumber: true },
      { head: "Constat", cell: ({ verdict }) => stateBadge(verdictWords, verdict) },
      { head: "Minutes d’arrêt", cell: ({ downMinutes }) => formatNumber(downMinutes), isNumber: true },
      {
        head: "Minutes mesurées",
        cell: ({ measuredMinutes }) => formatNumber(measuredMinutes),
        isNumber: true,
      },
    ],
    rows: months,
    empty: "La mesure vient de commencer.",
  }),
)}
${section("Maintenances annoncées", maintenancesTable(status.maintenances))}
${section("Évolutions techniques", changesTable(status.changes))}
${section("Incidents passés", incidentsTable("Incidents passés", status.pastIncidents, "Aucun incident récent."))}`,
    };
  },
};

/** One incident and what was said of it. */
export const incidentPage: Page = {
  path: `${statusPath}/incidents/{id}`,
  audience: "public",
  async show(visit) {
    const { incident } = await visit.call(NoticeService.method.getIncident, {
      incidentId: visit.params["id"] ?? "",
    });
    if (incident === undefined) throw new Error("an answer holds the incident");
    return {
      title: incident.title,
      trail: [["État du service", statusPath]],
      body: describeIncident(incident),
    };
  },
};

/** What everybody may know of an incident. */
export function describeIncident(incident: Incident): Html {
  return html`${facts([
    ["État", stateBadge(incidentStateWords, incident.state)],
    ["Effet", stateBadge(impactWords, incident.impact)],
    ["Parties touchées", partsWords(incident.parts)],
    ["Début", timeTag(incident.startTime ?? incident.openTime)],
    ["Fin", incident.resolveTime && timeTag(incident.resolveTime)],
  ])}
${section(
  "Suivi",
  table({
    caption: "Suivi de l’incident",
    hidesCaption: true,
    columns: [
      { head: "Date", cell: ({ time }) => timeTag(time) },
      { head: "État", cell: ({ state }) => stateBadge(incidentStateWords, state) },
      { head: "Message", cell: ({ message }) => html`<span class="tableau-lignes">${message}</span>` },
    ],
    rows: incident.updates,
    empty: "",
  }),
)}`;
}
