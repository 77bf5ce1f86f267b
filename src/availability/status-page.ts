// The public page of the service's state: French, readable by every browser and by assistive technology, without any
// script, image or request to somebody else.
import { createHash } from "node:crypto";
import { type DownCause, downCauses, promisedShare, totalDown } from "./judge-minutes.ts";
import type { MonthlyReport } from "./monthly-report.ts";

/** What the page tells beside the months. */
export interface ServiceState {
  /** Whether lookups can be answered now. */
  readonly isServing: boolean;
  /** Instant of the page, in milliseconds. */
  readonly now: number;
}

const style = `:root{color-scheme:light dark}
body{font:1.0625rem/1.6 Marianne,system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1.5rem}
.state{border-left:.375rem solid;padding:.75rem 1rem;font-weight:700}
.up{border-color:#18753c}.down{border-color:#ce0500}
table{border-collapse:collapse;width:100%}
caption{text-align:left;font-weight:700;padding-bottom:.5rem}
th,td{text-align:left;padding:.5rem .75rem;border-bottom:1px solid #929292;vertical-align:top}
td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.scroll{overflow-x:auto}`;
const styleHash = createHash("sha256").update(style).digest("base64");

/** Nothing but the page's own style may be loaded or run. */
export const statusPageHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "public, max-age=30",
};

const causeNames: Readonly<Record<DownCause, string>> = {
  no_instance: "service arrêté",
  probe_failed: "sonde en échec",
  call_failures: "appels en échec",
  maintenance: "maintenance annoncée",
};

const verdicts: Readonly<Record<MonthlyReport["verdict"], string>> = {
  running: "Mois en cours",
  kept: "Engagement tenu",
  broken: "Engagement non tenu",
};

const share = new Intl.NumberFormat("fr-FR", {
  style: "percent",
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const monthName = new Intl.DateTimeFormat("fr-FR", { month: "long", year: "numeric", timeZone: "UTC" });
const instant = new Intl.DateTimeFormat("fr-FR", {
  dateStyle: "long",
  timeStyle: "short",
  timeZone: "Europe/Paris",
});
/** Months that the page shows. */
const shownMonths = 13;

/** Rounded down: a promise that was missed by a little must not look kept. */
function writeShare(value: number): string {
  return share.format(Math.floor(value * 10_000) / 10_000);
}

function writeMonth(month: string): string {
  return monthName.format(Date.parse(`${month}-01T00:00:00Z`));
}

function writeRow(report: MonthlyReport): string {
  const causes = downCauses
    .filter((cause) => report.downMinutes[cause] > 0)
    .map((cause) => `${causeNames[cause]} : ${report.downMinutes[cause]} min`);
  return `<tr><th scope="row">${writeMonth(report.month)}</th>
<td class="number">${writeShare(report.share)}</td>
<td class="number">${totalDown(report)} min</td>
<td>${causes.length === 0 ? "Aucune" : causes.join(", ")}</td>
<td>${verdicts[report.verdict]}</td></tr>`;
}

export function writeStatusPage(months: readonly MonthlyReport[], { isServing, now }: ServiceState): string {
  const state = isServing ? "Le service fonctionne." : "Le service rencontre une difficulté.";
  const rows = months.slice(0, shownMonths).map(writeRow).join("\n");
  const table =
    rows === ""
      ? "<p>Aucune mesure pour l’instant.</p>"
      : `<div class="scroll" role="region" aria-labelledby="months" tabindex="0"><table>
<caption id="months">Disponibilité par mois</caption>
<thead><tr><th scope="col">Mois</th><th scope="col">Disponibilité</th><th scope="col">Indisponibilité</th>
<th scope="col">Causes</th><th scope="col">Engagement</th></tr></thead>
<tbody>
${rows}
</tbody></table></div>`;
  return `<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>État du service – API statut étudiant</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>État du service API statut étudiant</h1>
<p class="state ${isServing ? "up" : "down"}" role="status">${state}</p>
<p>Mesuré le <time datetime="${new Date(now).toISOString()}">${instant.format(now)}</time>, heure de Paris.</p>
<h2>Engagement de disponibilité</h2>
<p>Le service est disponible ${writeShare(promisedShare)} du temps mensuel, apprécié au terme de chaque mois
(conditions générales d’utilisation, article 3). Il se mesure lui-même chaque minute ; une maintenance annoncée compte
comme une indisponibilité.</p>
${table}
<p>Ces données existent aussi en JSON : <a href="/status.json">/status.json</a>.</p>
<h2>Signaler une difficulté</h2>
<p><a href="mailto:statutetudiant@enseignementsup.gouv.fr">statutetudiant@enseignementsup.gouv.fr</a></p>
</main>
</body>
</html>
`;
}

/** The same for programs. */
export function writeStatusDocument(
  months: readonly MonthlyReport[],
  { isServing, now }: ServiceState,
): string {
  return JSON.stringify({
    status: isServing ? "ok" : "down",
    measuredAt: new Date(now).toISOString(),
    promisedShare,
    months: months.map(({ month, share: available, verdict, measuredMinutes, downMinutes }) => ({
      ...{ month, availableShare: available, verdict, measuredMinutes, downMinutes },
    })),
  });
}
