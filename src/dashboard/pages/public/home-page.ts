import type { Page } from "../../frame/page.ts";
import { html } from "../../html/html.ts";

/** What the service is, for whoever comes for the first time. */
export const homePage: Page = {
  path: "/",
  audience: "public",
  show: () => ({
    title: "Vérifier qu’une personne est étudiante",
    body: html`<p class="fr-text--lead">Une administration demande, de serveur à serveur, si une personne est inscrite ou admise dans un établissement d’enseignement supérieur. L’usager n’a plus de certificat à fournir.</p>`,
  }),
};
