import {
  AvailabilityService,
  type MonthlyAvailability,
} from "../../../gen/statutetudiant/availability/v1/availability_pb.ts";
import type { Page } from "../../frame/page.ts";
import { pager } from "../../html/blocks.ts";
import { formatDay, formatMonth, formatNumber, timeTag } from "../../html/dates.ts";
import { html } from "../../html/html.ts";
import { availableWords, downCausesWords, verdictWords } from "../../html/notice-words.ts";
import { table } from "../../html/table.ts";
import { stateBadge } from "../../html/words.ts";
import { pageTokenOf } from "./operator-forms.ts";

/** The availability of each month, with what it was lost to: the report that the terms speak of (article 3). */
export const availabilityPage: Page = {
  path: "/administration/disponibilite",
  audience: "operator",
  async show(visit) {
    const { months, nextPageToken } = await visit.call(AvailabilityService.method.listMonths, {
      pageSize: 24,
      pageToken: pageTokenOf(visit),
    });
    return {
      title: "Disponibilité",
      body: html`<p class="tableau-texte">Mesurée chaque minute, maintenances comprises, et figée après la fin du mois. L’engagement est de 97,8 % par mois (conditions d’utilisation, article 3).</p>
<p class="tableau-texte">Les pannes de FranceConnect, que le ministère n’opère pas, sont montrées à part et ne comptent pas comme un arrêt. Une minute sans appel pendant laquelle la sonde est coupée (<code>SELF_PROBE=off</code>) n’est pas mesurée.</p>
${table({
  caption: "Disponibilité par mois, avec les causes d’arrêt",
  hidesCaption: true,
  columns: [
    { head: "Mois", cell: ({ month }) => formatMonth(Date.parse(`${month}-15`)) },
    { head: "Disponibilité", cell: availableWords, isNumber: true },
    { head: "Constat", cell: ({ verdict }) => stateBadge(verdictWords, verdict) },
    { head: "Arrêt", cell: ({ downMinutes }) => minutes(downMinutes), isNumber: true },
    { head: "Causes", cell: downCausesWords },
    { head: "Mesure", cell: measureWords, isNumber: true },
    { head: "Appels", cell: ({ calls }) => formatNumber(calls), isNumber: true },
    { head: "En échec", cell: ({ failedCalls }) => formatNumber(failedCalls), isNumber: true },
    { head: "FranceConnect", cell: franceConnectWords },
    { head: "Figé le", cell: ({ freezeTime }) => timeTag(freezeTime, formatDay) },
  ],
  rows: months,
  empty: "La mesure vient de commencer.",
})}
${pager(visit.path, visit.query, nextPageToken)}`,
    };
  },
};

function measureWords({ measuredMinutes, unmeasuredMinutes }: MonthlyAvailability): string {
  const measured = minutes(measuredMinutes);
  return unmeasuredMinutes === 0 ? measured : `${measured} (et ${minutes(unmeasuredMinutes)} non mesurées)`;
}

/** What FranceConnect's failures cost. */
function franceConnectWords({ franceConnectFailedCalls, franceConnectMinutes }: MonthlyAvailability): string {
  if (franceConnectFailedCalls === 0n) return "–";
  return `${formatNumber(franceConnectFailedCalls)} appels en échec, ${minutes(franceConnectMinutes)}`;
}

function minutes(count: number): string {
  return `${formatNumber(count)} min`;
}
