import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type CallSummary,
  ExportFormat,
  StatisticsService,
} from "../../../gen/statutetudiant/statistics/v1/statistics_pb.ts";
import { addParisDays, startOfParisDay } from "../../../paris-time.ts";
import type { Page, Visit } from "../../frame/page.ts";
import { facts, filterField, filterForm, pager } from "../../html/blocks.ts";
import { formatNumber, formatSecond, timeTag } from "../../html/dates.ts";
import { html } from "../../html/html.ts";
import { describeOutcome, outcomeBadge, outcomeWords } from "../../html/outcome-words.ts";
import { table } from "../../html/table.ts";
import { type NamesOfPartner, readNames } from "./names-of-partner.ts";
import { partnerIdOf } from "./own-partner.ts";

const path = "/tableau-de-bord/appels";

/** The latest calls, filtered; also as a file. */
export const callsPage: Page = {
  path,
  audience: "contact",
  async show(visit) {
    const filter = filterOf(visit.query, partnerIdOf(visit));
    const names = await readNames(visit);
    const { calls, nextPageToken } = await visit.call(StatisticsService.method.listCalls, {
      filter,
      pageToken: visit.query.get("page") ?? "",
    });
    const csv = new URLSearchParams(visit.query);
    csv.delete("page");
    return {
      title: "Derniers appels",
      body: html`<p class="tableau-texte">Ni l’INE ni l’identité recherchée ne s’affichent ici : ils sont scellés dans le journal.</p>
${filters(visit, names)}
${table({
  caption: "Appels, le plus récent d’abord",
  hidesCaption: true,
  columns: [
    {
      head: "Reçu le",
      cell: ({ requestId, receiveTime }) =>
        html`<a href="${path}/${requestId}">${timeTag(receiveTime, formatSecond)}</a>`,
    },
    { head: "Méthode", cell: methodCell },
    { head: "Issue", cell: ({ outcome }) => outcomeBadge(outcome) },
    { head: "HTTP", cell: ({ httpStatus }) => String(httpStatus), isNumber: true },
    {
      head: "Jeton",
      cell: ({ tokenId }) => html`<span class="tableau-mot">${names.tokens.get(tokenId) ?? tokenId}</span>`,
    },
    { head: "Agent", cell: ({ agent }) => agent || "–" },
    { head: "Adresse", cell: ({ clientAddress }) => clientAddress },
    { head: "Durée", cell: ({ durationMs }) => `${formatNumber(Math.round(durationMs))} ms`, isNumber: true },
  ],
  rows: calls,
  empty: "Aucun appel ne correspond.",
})}
${pager(path, visit.query, nextPageToken)}
<p><a class="fr-link" href="${path}.csv?${csv.toString()}">Télécharger ces appels (CSV, les 100 000 plus récents au plus)</a></p>`,
    };
  },
};

/** The calls that a filter lets through, as a file that is written while it is read. */
export const callsExportPage: Page = {
  path: `${path}.csv`,
  audience: "contact",
  streams: true,
  show(visit) {
    const request = { filter: filterOf(visit.query, partnerIdOf(visit)), format: ExportFormat.CSV };
    const body = bytesOf(visit.stream(StatisticsService.method.exportCalls, request));
    return { kind: "download", contentType: "text/csv; charset=utf-8", fileName: "appels.csv", body };
  },
};

/** One call, by its request identifier. */
export const callPage: Page = {
  path: `${path}/{id}`,
  audience: "contact",
  async show(visit) {
    const { call } = await visit.call(StatisticsService.method.getCall, {
      requestId: visit.params["id"] ?? "",
    });
    if (call === undefined) throw new Error("an answer holds the call");
    return {
      title: "Détail d’un appel",
      trail: [["Derniers appels", path]],
      body: describeCall(call, await readNames(visit)),
    };
  },
};

/** Method of a call, or the address of what is none. */
export function methodCell({ method, route }: { readonly method: string; readonly route: string }) {
  return html`<span class="tableau-mot">${method.split(".").at(-1) || route}</span>`;
}

export function describeCall(call: CallSummary, { tokens, procedures }: NamesOfPartner) {
  return facts([
    ["Identifiant de requête", html`<code>${call.requestId}</code>`],
    ["Reçu le", timeTag(call.receiveTime, formatSecond)],
    ["Issue", outcomeBadge(call.outcome)],
    ["Code HTTP", String(call.httpStatus)],
    ["Code gRPC", call.rpcCode],
    ["Erreur", call.errorId && html`<code>${call.errorId.toUpperCase()}</code>`],
    ["Méthode", html`<code>${call.method}</code>`],
    ["Adresse appelée", html`<code>${call.httpMethod} ${call.route}</code>`],
    ["Protocole", call.protocol],
    [
      "Jeton",
      tokens.has(call.tokenId)
        ? html`<a href="/tableau-de-bord/jetons/${call.tokenId}">${tokens.get(call.tokenId)}</a>`
        : call.tokenId,
    ],
    ["Démarche", procedures.get(call.procedureId) ?? call.procedureId],
    ["Destinataire des données (SIRET)", call.recipient],
    ["Agent", call.agent],
    ["Adresse IP", call.clientAddress],
    ["Logiciel appelant", call.userAgent],
    ["Durée", `${formatNumber(Math.round(call.durationMs * 10) / 10)} ms`],
    ["Taille de la réponse", `${formatNumber(call.responseBytes)} octets`],
  ]);
}

/** The filter that an address names, for the calls of one partner or, empty, of all. */
export function filterOf(query: URLSearchParams, partnerId: string) {
  const dayStart = (name: string, plusDays: number) => {
    const day = query.get(name) ?? "";
    if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(Date.parse(day))) return undefined;
    return timestampFromMs(addParisDays(startOfParisDay(day), plusDays));
  };
  const startTime = dayStart("du", 0);
  const endTime = dayStart("au", 1);
  return {
    partnerId,
    tokenId: query.get("identifiant") ?? "",
    outcome: query.get("issue") ?? "",
    agent: (query.get("agent") ?? "").trim(),
    clientAddress: (query.get("adresse") ?? "").trim(),
    httpStatus: /^\d{3}$/.test(query.get("code") ?? "") ? Number(query.get("code")) : 0,
    ...(startTime && { startTime }),
    ...(endTime && { endTime }),
  };
}

function filters({ query }: Visit, { tokens }: NamesOfPartner) {
  return filterForm(html`${filterField(query, "identifiant", "Jeton", { choices: [["", "Tous"], ...tokens] })}
${filterField(query, "agent", "Agent")}
${commonFilters(query)}`);
}

/** The filters of calls that contacts and operators share. */
export function commonFilters(query: URLSearchParams) {
  const outcomes = Object.keys(outcomeWords).map((outcome) => [outcome, describeOutcome(outcome)] as const);
  return html`${filterField(query, "issue", "Issue", { choices: [["", "Toutes"], ...outcomes] })}
${filterField(query, "code", "Code HTTP")}
${filterField(query, "adresse", "Adresse IP")}
${filterField(query, "du", "Du", { type: "date" })}
${filterField(query, "au", "Au", { type: "date" })}`;
}

async function* bytesOf(parts: AsyncIterable<{ readonly data: Uint8Array }>): AsyncIterable<Uint8Array> {
  for await (const { data } of parts) yield data;
}
