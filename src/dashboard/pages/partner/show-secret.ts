import type { View } from "../../frame/page.ts";
import { alert, linkButton } from "../../html/blocks.ts";
import { html } from "../../html/html.ts";
import { tokensPath } from "./tokens-page.ts";

/**
 * Shows a token's secret in the answer to the form that made it: it is stored nowhere, and sending the form again shows
 * none.
 */
export function showSecret(title: string, tokenId: string, secret: string): View {
  const shown =
    secret === ""
      ? alert("warning", "Le secret a déjà été montré", "S’il est perdu, renouvelez le secret du jeton.")
      : html`${alert("warning", "Copiez ce secret maintenant", "Il ne sera plus jamais montré, et nous ne le connaissons pas. Conservez-le dans un coffre de secrets, ne l’envoyez pas par courriel.")}
<p class="fr-text--bold" id="secret-nom">Secret du jeton</p>
<p class="tableau-secret" tabindex="0" aria-labelledby="secret-nom" role="textbox" aria-readonly="true">${secret}</p>
<p>Utilisez-le dans l’en-tête <code>Authorization: Bearer</code>, depuis un serveur que vous contrôlez.</p>`;
  return {
    title,
    trail: [["Jetons", tokensPath]],
    body: html`${shown}<p class="fr-mt-4w">${linkButton("Continuer vers le jeton", `${tokensPath}/${tokenId}`, "secondary")}</p>`,
  };
}
