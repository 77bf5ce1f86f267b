import {
  AvailabilityService,
  type MonthlyAvailability,
} from "../../../gen/statutetudiant/availability/v1/availability_pb.ts";
import { type Incident, NoticeService } from "../../../gen/statutetudiant/notice/v1/notice_pb.ts";
import type { Page } from "../../frame/page.ts";
import { alert, facts, section } from "../../html/blocks.ts";
import { formatMonth, formatNumber, formatPercent, timeTag } from "../../html/dates.ts";
import { type Html, html } from "../../html/html.ts";
import {
  availableWords,
  downCausesWords,
  impactWords,
  incidentStateWords,
  verdictWords,
} from "../../html/notice-words.ts";
import { table } from "../../html/table.ts";
import { stateBadge } from "../../html/words.ts";
import { changesTable, incidentsTable, maintenancesTable, partsWords } from "./notices-view.ts";

const statusPath = "/etat-du-service";

export interface StatusPageParts {
  /** Whether lookups can be answered now. */
  readonly serving: () => boolean;
}

/** How the service is now, what is announced, and the availability that the terms promise (article 3). */
export function statusPage({ serving }: StatusPageParts): Page {
  return {
    path: statusPath,
    audience: "public",
    async show(visit) {
      const [status, { months }] = await Promise.all([
        visit.call(NoticeService.method.getServiceStatus, {}),
        visit.call(AvailabilityService.method.listMonths, { pageSize: 13 }),
      ]);
      const { openIncidents } = status;
      return {
        title: "État du service",
        body: html`${stateAlert(serving(), openIncidents)}
<p class="tableau-discret">Constaté le ${timeTag(visit.now)}, heure de Paris.</p>
${openIncidents.length > 0 && section("Incidents en cours", incidentsTable("Incidents en cours", openIncidents, ""))}
${section("Disponibilité", promise, availabilityTable(months), forPrograms)}
${section("Maintenances annoncées", maintenancesTable(status.maintenances))}
${section("Évolutions techniques", changesTable(status.changes))}
${section("Incidents passés", incidentsTable("Incidents passés", status.pastIncidents, "Aucun incident récent."))}
<p>Vous rencontrez une difficulté ? <a href="/contact">Contactez le service</a>.</p>`,
      };
    },
  };
}

function stateAlert(isServing: boolean, open: readonly Incident[]): Html {
  const titles = open.map(({ title }) => title).join(" ; ");
  if (!isServing) {
    const text = "Les recherches ne peuvent pas aboutir pour l’instant.";
    return alert("error", "Le service rencontre une difficulté", titles === "" ? text : `${text} ${titles}`);
  }
  return open.length === 0
    ? alert("success", "Le service fonctionne normalement", "Aucun incident n’est en cours.")
    : alert("warning", "Un incident est en cours", titles);
}

const promise = html`<p class="tableau-texte">Le service est disponible 97,8 % du temps de chaque mois, apprécié à la fin du mois (conditions d’utilisation, article 3). Il se mesure lui-même chaque minute ; une maintenance annoncée compte comme une indisponibilité. Une panne de FranceConnect n’en est pas une : ce n’est pas un service du ministère.</p>`;
const forPrograms = html`<p>Ces données existent aussi en JSON : <a href="/status.json">/status.json</a>.</p>`;

function availabilityTable(rows: readonly MonthlyAvailability[]): Html {
  return table({
    caption: "Disponibilité par mois",
    hidesCaption: true,
    columns: [
      { head: "Mois", cell: ({ month }) => formatMonth(Date.parse(`${month}-15`)) },
      { head: "Disponibilité", cell: availableWords, isNumber: true },
      { head: "Engagement", cell: ({ promisedShare }) => formatPercent(promisedShare), isNumber: true },
      { head: "Constat", cell: ({ verdict }) => stateBadge(verdictWords, verdict) },
      { head: "Minutes d’arrêt", cell: ({ downMinutes }) => formatNumber(downMinutes), isNumber: true },
      { head: "Causes", cell: downCausesWords },
      {
        head: "Minutes mesurées",
        cell: ({ measuredMinutes }) => formatNumber(measuredMinutes),
        isNumber: true,
      },
    ],
    rows,
    empty: "La mesure vient de commencer.",
  });
}

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
