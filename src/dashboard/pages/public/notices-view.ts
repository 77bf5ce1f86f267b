// Incidents, maintenances and changes, as everybody reads them.
import type { Change, Incident, Maintenance } from "../../../gen/statutetudiant/notice/v1/notice_pb.ts";
import { formatDay, timeTag } from "../../html/dates.ts";
import { type Html, html } from "../../html/html.ts";
import { changeStateWords, impactWords, incidentStateWords, partWords } from "../../html/notice-words.ts";
import { table } from "../../html/table.ts";
import { stateBadge } from "../../html/words.ts";

export function partsWords(parts: readonly number[]): string {
  return parts.map((part) => partWords[part]).join(", ");
}

export function incidentsTable(caption: string, incidents: readonly Incident[], empty: string): Html {
  return table({
    caption,
    hidesCaption: true,
    columns: [
      {
        head: "Incident",
        cell: ({ incidentId, title }) =>
          html`<a href="/etat-du-service/incidents/${incidentId}">${title}</a>`,
      },
      { head: "Effet", cell: ({ impact }) => stateBadge(impactWords, impact) },
      { head: "État", cell: ({ state }) => stateBadge(incidentStateWords, state) },
      { head: "Parties touchées", cell: ({ parts }) => partsWords(parts) },
      { head: "Début", cell: ({ startTime, openTime }) => timeTag(startTime ?? openTime) },
      { head: "Fin", cell: ({ resolveTime }) => timeTag(resolveTime) },
    ],
    rows: incidents,
    empty,
  });
}

export function maintenancesTable(maintenances: readonly Maintenance[]): Html {
  return table({
    caption: "Maintenances annoncées",
    hidesCaption: true,
    columns: [
      { head: "Maintenance", cell: ({ title }) => title },
      { head: "Du", cell: ({ startTime }) => timeTag(startTime) },
      { head: "Au", cell: ({ endTime }) => timeTag(endTime) },
      { head: "Parties concernées", cell: ({ parts }) => partsWords(parts) },
      { head: "Détail", cell: ({ description }) => html`<span class="tableau-lignes">${description}</span>` },
    ],
    rows: maintenances,
    empty: "Aucune maintenance n’est annoncée.",
  });
}

export function changesTable(changes: readonly Change[]): Html {
  return table({
    caption: "Évolutions techniques annoncées",
    hidesCaption: true,
    columns: [
      {
        head: "Évolution",
        cell: ({ title, url }) => (url === "" ? title : html`<a href="${url}">${title}</a>`),
      },
      { head: "État", cell: ({ state }) => stateBadge(changeStateWords, state) },
      { head: "Mise en production", cell: ({ goLiveTime }) => timeTag(goLiveTime, formatDay) },
      { head: "Annoncée le", cell: ({ announceTime }) => timeTag(announceTime, formatDay) },
      { head: "Détail", cell: ({ description }) => html`<span class="tableau-lignes">${description}</span>` },
    ],
    rows: changes,
    empty: "Aucune évolution n’est annoncée.",
  });
}
