import {
  Dimension,
  type GetUsageResponse,
  StatisticsService,
  type UsageEntry,
} from "../../../gen/statutetudiant/statistics/v1/statistics_pb.ts";
import type { Next, Page, View, Visit } from "../../frame/page.ts";
import { figures, filterField, filterForm, section } from "../../html/blocks.ts";
import { chart } from "../../html/chart.ts";
import { formatNumber, formatPercent, timeTag } from "../../html/dates.ts";
import { html } from "../../html/html.ts";
import { describeOutcome } from "../../html/outcome-words.ts";
import { type Column, table } from "../../html/table.ts";
import { usageFigures, usageSeries } from "../../html/usage-words.ts";
import { csvOf } from "./csv.ts";
import { type NamesOfPartner, readNames } from "./names-of-partner.ts";
import { partnerIdOf } from "./own-partner.ts";
import { type Period, periodChoices, readPeriod } from "./period.ts";

/** How much the partner calls, by time, token, procedure and end. */
export const usagePage: Page = {
  path: "/tableau-de-bord/usage",
  audience: "contact",
  async show(visit): Promise<View | Next> {
    const period = readPeriod(visit);
    const names = await readNames(visit);
    const filter = filterOf(visit);
    const usage = await visit.call(StatisticsService.method.getUsage, { filter, ...period });
    if (visit.query.get("format") === "csv") return download(usage, period);
    const by = (dimension: Dimension) =>
      visit.call(StatisticsService.method.getUsageBreakdown, { filter, ...period, dimension, limit: 20 });
    const [tokens, procedures, outcomes, methods] = await Promise.all(
      [Dimension.TOKEN, Dimension.PROCEDURE, Dimension.OUTCOME, Dimension.METHOD].map(by),
    );
    const csv = new URLSearchParams(visit.query);
    csv.set("format", "csv");
    return {
      title: "Usage",
      hasCharts: true,
      body: html`${filters(visit, names)}
${figures(usageFigures(usage))}
${chart({
  kind: "bar",
  caption: `Appels sur ${period.label}`,
  labelHead: "Période",
  ...usageSeries(usage, period.grain),
  isStacked: true,
  unit: "appels",
  format: formatNumber,
})}
<p><a class="fr-link" href="${visit.path}?${csv.toString()}">Télécharger ces chiffres (CSV)</a></p>
${section(
  "Par jeton",
  breakdown("Appels par jeton", "Jeton", tokens?.entries ?? [], (key) => names.tokens.get(key) ?? key),
)}
${section(
  "Par démarche",
  breakdown(
    "Appels par démarche",
    "Démarche",
    procedures?.entries ?? [],
    (key) => names.procedures.get(key) ?? key,
  ),
)}
${section("Par issue", breakdown("Appels par issue", "Issue", outcomes?.entries ?? [], describeOutcome, []))}
${section(
  "Par méthode",
  breakdown("Appels par méthode", "Méthode", methods?.entries ?? [], (key) => key.split(".").at(-1) ?? key),
)}
<p class="fr-text--sm tableau-discret">Chiffres du ${timeTag(usage.startTime)} au ${timeTag(usage.endTime)}.</p>`,
    };
  },
};

function filterOf(visit: Visit) {
  return {
    partnerId: partnerIdOf(visit),
    tokenId: visit.query.get("identifiant") ?? "",
    procedureId: visit.query.get("demarche") ?? "",
  };
}

function filters({ query }: Visit, { tokens, procedures }: NamesOfPartner) {
  return filterForm(html`${filterField(query, "periode", "Période", { choices: [["", "30 jours"], ...periodChoices.filter(([value]) => value !== "mois")] })}
${filterField(query, "identifiant", "Jeton", { choices: [["", "Tous"], ...tokens] })}
${filterField(query, "demarche", "Démarche", { choices: [["", "Toutes"], ...procedures] })}`);
}

/** Of the calls of one outcome it says nothing. */
const howCallsEnded: readonly Column<UsageEntry>[] = [
  { head: "Limités", cell: ({ totals }) => formatPercent(totals?.limitedShare ?? 0), isNumber: true },
  { head: "En échec", cell: ({ totals }) => formatPercent(totals?.failedShare ?? 0), isNumber: true },
];

function breakdown(
  caption: string,
  head: string,
  entries: readonly UsageEntry[],
  name: (key: string) => string,
  more: readonly Column<UsageEntry>[] = howCallsEnded,
) {
  return table({
    caption,
    hidesCaption: true,
    columns: [
      { head, cell: ({ key }) => name(key) || "–" },
      { head: "Appels", cell: ({ totals }) => formatNumber(totals?.calls ?? 0n), isNumber: true },
      {
        head: "Période précédente",
        cell: ({ previousCalls }) => formatNumber(previousCalls),
        isNumber: true,
      },
      ...more,
    ],
    rows: entries,
    empty: "Aucun appel sur cette période.",
  });
}

function download(usage: GetUsageResponse, { grain }: Period): Next {
  const { labels, series } = usageSeries(usage, grain);
  const head = ["Période", ...series.map(({ name }) => name)];
  const rows = labels.map((label, index) => [
    label,
    ...series.map(({ values }) => String(values[index] ?? 0)),
  ]);
  const body = Buffer.from(csvOf([head, ...rows]));
  return { kind: "download", contentType: "text/csv; charset=utf-8", fileName: "usage.csv", body };
}
