import { type ErrorRow, errorTable } from "../../../errors.ts";

import type { Page } from "../../frame/page.ts";
import { section } from "../../html/blocks.ts";
import { html } from "../../html/html.ts";
import { outcomeWords } from "../../html/outcome-words.ts";
import { scopeWords } from "../../html/scope-words.ts";
import { type Column, table } from "../../html/table.ts";
import { tokenMethods } from "./token-methods.ts";

/** How to call the service. What can be read from the contracts and from the table of errors is read there. */
export const documentationPage: Page = {
  path: "/documentation",
  audience: "public",
  show: (visit) => ({
    title: "Documentation de l’API",
    body: html`<p class="fr-text--lead tableau-texte">Un seul port parle REST, gRPC, gRPC-Web et Connect. Les mêmes méthodes, les mêmes droits et les mêmes erreurs valent sur les quatre.</p>
${section("Premier appel", firstCall(visit.origin))}
${section(
  "Méthodes",
  html`<p>Les contrats Protobuf décrivent chaque champ, son format et ses erreurs. Le service les publie lui-même par réflexion gRPC (<code>grpc.reflection.v1</code>) : <code>grpcurl</code> et <code>buf curl</code> les lisent sans autre fichier.</p>`,
  table({
    caption: "Méthodes qui s’appellent avec un jeton",
    columns: [
      { head: "Adresse REST", cell: ({ rest }) => html`<code class="tableau-mot">${rest}</code>` },
      { head: "Méthode gRPC et Connect", cell: ({ rpc }) => html`<code class="tableau-mot">${rpc}</code>` },
    ],
    rows: tokenMethods(),
    empty: "",
  }),
)}
${section(
  "Droits d’un jeton",
  html`<p>Un champ que le jeton ne couvre pas est absent de la réponse.</p>`,
  table({
    caption: "Droits et données",
    columns: [
      { head: "Droit", cell: ([scope]) => html`<code>${scope}</code>` },
      { head: "Donnée", cell: ([, words]) => words },
    ],
    rows: Object.entries(scopeWords),
    empty: "",
  }),
)}
${section("Règles d’appel", rules)}
${section(
  "Erreurs",
  html`<p>Les programmes se décident sur la raison, qui ne change pas ; le message est destiné aux personnes. Quand un nouvel essai peut réussir, l’en-tête <code>Retry-After</code> dit après combien de secondes.</p>`,
  errorsTable("Erreurs des appels avec un jeton", errors.filter(isOfCalls), [
    { head: "Code (version 3)", cell: ([, { v3 }]) => v3?.code ?? "–" },
  ]),
  html`<details class="tableau-donnees"><summary>Voir les erreurs des méthodes d’administration</summary>
${errorsTable(
  "Erreurs des méthodes d’administration",
  errors.filter((row) => !isOfCalls(row)),
)}
</details>`,
)}`,
  }),
};

type NamedError = readonly [id: string, row: ErrorRow];

const errors: readonly NamedError[] = Object.entries<ErrorRow>(errorTable).toSorted(
  ([, a], [, b]) => a.http - b.http,
);

/** What the public contracts have words for is what calls for data meet. */
function isOfCalls([, { v3 }]: NamedError): boolean {
  return v3 !== undefined;
}

function errorsTable(caption: string, rows: readonly NamedError[], more: readonly Column<NamedError>[] = []) {
  return table({
    caption,
    columns: [
      { head: "Raison", cell: ([id]) => html`<code class="tableau-mot">${id.toUpperCase()}</code>` },
      { head: "HTTP", cell: ([, { http }]) => String(http), isNumber: true },
      ...more,
      { head: "Compté comme", cell: ([, { outcome }]) => outcomeWords[outcome] },
      { head: "Message", cell: ([, { message }]) => message },
    ],
    rows,
    empty: "",
  });
}

function firstCall(origin: string) {
  return html`<p>Le jeton voyage dans un en-tête, jamais dans une adresse. <code>recipient</code> est le SIRET de l’administration qui utilisera la donnée.</p>
<pre class="tableau-code" tabindex="0"><code>curl -H "Authorization: Bearer $JETON" \\
  '${origin}/v1/students/951242368CR?recipient=13002526500013'</code></pre>
<p>Par identité civile, dans un corps pour qu’aucun nom ne figure dans une adresse :</p>
<pre class="tableau-code" tabindex="0"><code>curl -H "Authorization: Bearer $JETON" -H 'Content-Type: application/json' \\
  -d '{"birthName":"Martin","givenNames":["Camille"],"birthDate":"2004-05-17",
       "sex":"SEX_FEMALE","recipient":"13002526500013"}' \\
  '${origin}/v1/students:lookupByIdentity'</code></pre>`;
}

const rules = html`<ul class="tableau-texte">
<li>Un jeton sert une démarche (article 2). Une autre démarche peut le partager si sa finalité est voisine et si elle utilise les mêmes données.</li>
<li>Les appels partent d’un serveur que vous contrôlez, jamais d’une page web ou d’une application remise au public : l’API refuse les navigateurs (article 2).</li>
<li>50 appels par seconde sont partagés entre tous les partenaires (article 3). Au-delà de votre part, la réponse est 429 avec <code>Retry-After</code> ; les en-têtes <code>RateLimit-*</code> disent ce qu’il vous reste.</li>
<li>Chaque réponse porte <code>X-Request-Id</code> : citez-le au support.</li>
<li>Chaque appel est journalisé (article 4). Le champ <code>agent</code> des recherches, facultatif, permet de retrouver qui a consulté quoi chez vous.</li>
</ul>`;
