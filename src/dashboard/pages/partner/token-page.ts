import { type Token, TokenService, TokenStatus } from "../../../gen/statutetudiant/token/v1/token_pb.ts";
import { type Page, redirect, type Visit } from "../../frame/page.ts";
import { alert, facts, linkButton, section } from "../../html/blocks.ts";
import { formatDay, formatIsoDay, formatNumber, timeTag } from "../../html/dates.ts";
import { html } from "../../html/html.ts";
import { describeScope } from "../../html/scope-words.ts";
import { stateBadge, tokenStatusWords } from "../../html/words.ts";
import { hasRole } from "./own-partner.ts";
import { showSecret } from "./show-secret.ts";
import { endingActions, leakForm, revokeForm } from "./token-endings.ts";
import { networksForm, rotateForm } from "./token-forms.ts";
import { daysLeft, procedureNames, tokensPath } from "./tokens-page.ts";

/** One token: what it is, and what can be done with it. */
export const tokenPage: Page = {
  path: `${tokensPath}/{id}`,
  audience: "contact",
  async show(visit) {
    const token = await readToken(visit);
    const isOver = isTokenOver(token);
    const mayKeep = hasRole(visit, "administrative", "technical") && !isOver;
    return {
      title: `Jeton : ${procedureNames(token)}`,
      trail: [["Jetons", tokensPath]],
      body: html`${warn(token, visit)}
${describeToken(token, visit.now)}
${
  mayKeep &&
  html`${section("Adresses autorisées", networksForm(visit, token))}
${section("Renouveler le secret", rotateForm(visit, token))}
${section("Révoquer", revokeForm(visit))}`
}
${!isOver && section("Signaler une divulgation", leakForm(visit))}`,
    };
  },
  actions: {
    async update(visit, form) {
      await visit.call(TokenService.method.updateToken, {
        requestId: form.text("request_id"),
        id: idOf(visit),
        etag: form.text("etag"),
        allowedNetworks: form.lines("allowed_networks"),
        scopes: form.all("scopes"),
      });
      return redirect(visit.path, "Le jeton est modifié.");
    },
    async rotate(visit, form) {
      const { token, secret } = await visit.call(TokenService.method.rotateToken, {
        requestId: form.text("request_id"),
        id: idOf(visit),
        etag: form.text("etag"),
        overlapDays: form.givenNumber("overlap_days"),
        lastSecretLost: form.has("last_secret_lost"),
      });
      return showSecret("Le secret est renouvelé", token?.id ?? "", secret);
    },
    ...endingActions,
  },
};

export function idOf(visit: Visit): string {
  return visit.params["id"] ?? "";
}

export async function readToken(visit: Visit): Promise<Token> {
  const { token } = await visit.call(TokenService.method.getToken, { id: idOf(visit) });
  if (token === undefined) throw new Error("an answer holds the token");
  return token;
}

function warn({ status }: Token, visit: Visit) {
  if (status !== TokenStatus.EXPIRING) return undefined;
  const prolong = linkButton("Prolonger le jeton", `${visit.path}/prolonger`);
  return html`${alert("warning", "Ce jeton expire bientôt", "Il se prolonge dans les 90 jours qui précèdent sa fin, après avoir confirmé contacts, finalités et droits.")}<p>${prolong}</p>`;
}

/** Refused for ever: nothing can be done with it any more. */
export function isTokenOver({ status }: Token): boolean {
  return status === TokenStatus.REVOKED || status === TokenStatus.EXPIRED;
}

export function describeToken(token: Token, now: number) {
  const { secrets, callsPerSecond, allowedNetworks } = token;
  return facts([
    ["État", stateBadge(tokenStatusWords, token.status)],
    ["Identifiant", html`<code>${token.id}</code>`],
    ["Valable", html`du ${timeTag(token.validFrom, formatDay)} au ${timeTag(token.expireTime, formatDay)}`],
    ["Jours restants", daysLeft(token, now)],
    ["Révocation", token.revokeTime && html`${timeTag(token.revokeTime)} : ${token.revokeReason}`],
    ["Divulgation signalée", token.leakTime && timeTag(token.leakTime)],
    ["Dernier appel", formatIsoDay(token.lastUseDate) || "Jamais"],
    [
      "Ce qu’il permet de lire",
      html`<ul>${token.scopes.map((scope) => html`<li>${describeScope(scope)}</li>`)}</ul>`,
    ],
    ["Adresses autorisées", allowedNetworks.length === 0 ? "Toutes" : allowedNetworks.join(", ")],
    [
      "Débit",
      callsPerSecond === 0 ? "Celui du service" : `${formatNumber(callsPerSecond)} appels par seconde`,
    ],
    [
      "Secrets en service",
      html`<ul>${secrets.map(({ createTime, expireTime }) => html`<li>Créé le ${timeTag(createTime)}${expireTime !== undefined && html`, accepté jusqu’au ${timeTag(expireTime)}`}</li>`)}</ul>`,
    ],
    ["Délivré", token.issuedAtTerminal && "Par l’équipe du service, sur la machine"],
    ["Prolongé", token.prolongTime && timeTag(token.prolongTime, formatDay)],
  ]);
}
