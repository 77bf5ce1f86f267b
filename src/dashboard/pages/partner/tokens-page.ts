import { type Token, TokenService } from "../../../gen/statutetudiant/token/v1/token_pb.ts";
import type { Page } from "../../frame/page.ts";
import { linkButton, pager } from "../../html/blocks.ts";
import { daysUntil, formatDay, formatIsoDay, timeTag } from "../../html/dates.ts";
import { html } from "../../html/html.ts";
import { table } from "../../html/table.ts";
import { stateBadge, tokenStatusWords } from "../../html/words.ts";
import { hasRole, partnerIdOf } from "./own-partner.ts";

export const tokensPath = "/tableau-de-bord/jetons";

/** The partner's tokens. */
export const tokensPage: Page = {
  path: tokensPath,
  audience: "contact",
  async show(visit) {
    const { tokens, nextPageToken } = await visit.call(TokenService.method.listTokens, {
      partnerId: partnerIdOf(visit),
      pageToken: visit.query.get("page") ?? "",
      orderBy: "create_time desc",
    });
    return {
      title: "Jetons",
      body: html`<p class="tableau-texte">Un jeton sert une démarche. Il s’utilise depuis vos serveurs seulement ; son secret n’est montré qu’une fois, à sa création ou à son renouvellement.</p>
${hasRole(visit, "administrative", "technical") && html`<p>${linkButton("Demander un jeton", `${tokensPath}/nouveau`)}</p>`}
${table({
  caption: "Jetons de l’organisme",
  hidesCaption: true,
  columns: [
    {
      head: "Démarche",
      cell: (token) => html`<a href="${tokensPath}/${token.id}">${procedureNames(token)}</a>`,
    },
    { head: "État", cell: ({ status }) => stateBadge(tokenStatusWords, status) },
    { head: "Valable jusqu’au", cell: ({ expireTime }) => timeTag(expireTime, formatDay) },
    { head: "Jours restants", cell: (token) => daysLeft(token, visit.now), isNumber: true },
    { head: "Dernier appel", cell: ({ lastUseDate }) => formatIsoDay(lastUseDate) || "Jamais" },
    { head: "Identifiant", cell: ({ id }) => html`<code class="tableau-mot">${id}</code>` },
  ],
  rows: tokens,
  empty: "Votre organisme n’a pas encore de jeton.",
})}
${pager(visit.path, visit.query, nextPageToken)}`,
    };
  },
};

export function procedureNames({ procedures }: Token): string {
  return procedures.map(({ name }) => name).join(", ");
}

/** Days until the token is refused for whatever reason. */
export function daysLeft({ expireTime, revokeTime }: Token, now: number): string {
  const ends = [expireTime, revokeTime].filter((end) => end !== undefined).map((end) => daysUntil(end, now));
  return ends.length === 0 ? "–" : String(Math.min(...ends));
}
