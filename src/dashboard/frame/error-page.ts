import type { ConnectError } from "@connectrpc/connect";
import { ServiceError } from "../../errors.ts";
import { httpStatus } from "../../request/render-error.ts";
import { type Html, html } from "../html/html.ts";
import type { View } from "./page.ts";

/** The page of an error: its row's sentence, and what to do next. */
export function errorPage(error: ConnectError, requestId: string): View {
  const status = httpStatus(error);
  return {
    title: titles[status] ?? (status < 500 ? "La demande n’a pas pu aboutir" : "Erreur inattendue"),
    status,
    body: html`<p class="fr-text--lead">${error.rawMessage}</p>
${wait(error)}
<p>${status < 500 ? "Vérifiez l’adresse ou revenez en arrière." : "Ce n’est pas de votre fait. Essayez de rafraîchir la page, ou revenez plus tard."}</p>
<ul class="fr-btns-group fr-btns-group--inline-md">
<li><a class="fr-btn" href="/">Page d’accueil</a></li>
<li><a class="fr-btn fr-btn--secondary" href="/contact">Contactez-nous</a></li>
</ul>
<p class="fr-text--sm tableau-discret">Identifiant de la requête : <code>${requestId}</code></p>`,
  };
}

const titles: Readonly<Record<number, string>> = {
  403: "Accès refusé",
  404: "Page introuvable",
  405: "Action impossible",
  413: "Envoi trop grand",
  429: "Trop de demandes",
  500: "Erreur inattendue",
  503: "Service momentanément indisponible",
};

function wait(error: ConnectError): Html | undefined {
  const retryAfterMs = error instanceof ServiceError ? error.options.retryAfterMs : undefined;
  if (retryAfterMs === undefined) return undefined;
  return html`<p>Réessayez dans ${Math.max(1, Math.ceil(retryAfterMs / 1000))} secondes.</p>`;
}
