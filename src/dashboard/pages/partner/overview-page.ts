import { AvailabilityService } from "../../../gen/statutetudiant/availability/v1/availability_pb.ts";
import { NoticeService } from "../../../gen/statutetudiant/notice/v1/notice_pb.ts";
import { PartnerState } from "../../../gen/statutetudiant/partner/v1/partner_pb.ts";
import { StatisticsService } from "../../../gen/statutetudiant/statistics/v1/statistics_pb.ts";
import { type Token, TokenService } from "../../../gen/statutetudiant/token/v1/token_pb.ts";
import type { Page, Visit } from "../../frame/page.ts";
import { alert, figures, section } from "../../html/blocks.ts";
import { chart } from "../../html/chart.ts";
import { formatDay, formatNumber, formatPercent, timeTag } from "../../html/dates.ts";
import { type Html, html } from "../../html/html.ts";
import { availableWords } from "../../html/notice-words.ts";
import { table } from "../../html/table.ts";
import { usageFigures, usageSeries } from "../../html/usage-words.ts";
import { stateBadge, tokenStatusWords } from "../../html/words.ts";
import { partnerIdOf, readPartner } from "./own-partner.ts";
import { readPeriod } from "./period.ts";
import { daysLeft, procedureNames, tokensPath } from "./tokens-page.ts";

/** What a contact wants to know first: is it well, how much is called, which tokens end soon. */
export const overviewPage: Page = {
  path: "/tableau-de-bord",
  audience: "contact",
  async show(visit) {
    const period = readPeriod(visit);
    const partnerId = partnerIdOf(visit);
    const [partner, usage, { tokens }, status, { months }] = await Promise.all([
      readPartner(visit),
      visit.call(StatisticsService.method.getUsage, { filter: { partnerId }, ...period }),
      visit.call(TokenService.method.listTokens, { partnerId, orderBy: "expire_time", pageSize: 20 }),
      visit.call(NoticeService.method.getServiceStatus, {}),
      visit.call(AvailabilityService.method.listMonths, { pageSize: 1 }),
    ]);
    const [month] = months;
    return {
      title: "Vue d’ensemble",
      hasCharts: true,
      body: html`<p class="fr-text--lead">${partner.name}</p>
${partner.state === PartnerState.SUSPENDED && alert("error", "L’accès de votre organisme est suspendu", partner.decision?.reason)}
${partner.state === PartnerState.REQUESTED && alert("info", "Votre demande est en cours", html`Voyez ce qui manque sur la page <a href="/tableau-de-bord/organisme">Organisme et contacts</a>.`)}
${status.openIncidents.map(({ title, incidentId }) => alert("warning", "Incident en cours", html`<a href="/etat-du-service/incidents/${incidentId}">${title}</a>`))}
${section(
  "30 derniers jours",
  figures([
    ...usageFigures(usage),
    ...(month === undefined
      ? []
      : [
          {
            label: "Disponibilité du mois",
            value: availableWords(month),
            note: `Engagement : ${formatPercent(month.promisedShare)}`,
          },
        ]),
  ]),
  chart({
    kind: "bar",
    caption: "Appels par jour",
    labelHead: "Jour",
    ...usageSeries(usage, period.grain),
    isStacked: true,
    unit: "appels",
    format: formatNumber,
  }),
  html`<p><a class="fr-link" href="/tableau-de-bord/usage">Voir l’usage en détail</a></p>`,
)}
${section("Jetons", tokensTable(tokens, visit))}
${section("Annonces", announcements(status))}`,
    };
  },
};

function tokensTable(tokens: readonly Token[], { now }: Visit): Html {
  return table({
    caption: "Jetons, celui qui finit le plus tôt d’abord",
    hidesCaption: true,
    columns: [
      {
        head: "Démarche",
        cell: (token) => html`<a href="${tokensPath}/${token.id}">${procedureNames(token)}</a>`,
      },
      { head: "État", cell: ({ status }) => stateBadge(tokenStatusWords, status) },
      { head: "Valable jusqu’au", cell: ({ expireTime }) => timeTag(expireTime, formatDay) },
      { head: "Jours restants", cell: (token) => daysLeft(token, now), isNumber: true },
    ],
    rows: tokens,
    empty: "Votre organisme n’a pas encore de jeton.",
  });
}

function announcements(status: {
  readonly maintenances: readonly {
    readonly title: string;
    readonly startTime?: Parameters<typeof timeTag>[0];
  }[];
  readonly changes: readonly {
    readonly title: string;
    readonly goLiveTime?: Parameters<typeof timeTag>[0];
  }[];
}): Html {
  const items = [
    ...status.maintenances.map(
      ({ title, startTime }) => html`<li>Maintenance le ${timeTag(startTime)} : ${title}</li>`,
    ),
    ...status.changes.map(
      ({ title, goLiveTime }) => html`<li>Évolution le ${timeTag(goLiveTime, formatDay)} : ${title}</li>`,
    ),
  ];
  if (items.length === 0) return html`<p>Rien n’est annoncé.</p>`;
  return html`<ul>${items}</ul><p><a class="fr-link" href="/tableau-de-bord/avis">Voir tous les avis</a></p>`;
}
