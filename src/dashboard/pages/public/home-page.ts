import type { Page } from "../../frame/page.ts";
import { type Html, html } from "../../html/html.ts";

/** What the service is, for whoever comes for the first time. */
export const homePage: Page = {
  path: "/",
  audience: "public",
  show: (visit) => ({
    title: "Vérifier qu’une personne est étudiante",
    body: html`<p class="fr-text--lead tableau-texte">Une administration demande, de serveur à serveur, si une personne est inscrite ou admise dans un établissement d’enseignement supérieur. L’usager n’a plus de certificat de scolarité à fournir.</p>
<ul class="fr-btns-group fr-btns-group--inline-md fr-mb-4w">
<li><a class="fr-btn" href="${visit.signedIn === undefined ? "/connexion" : "/tableau-de-bord"}">Accéder au tableau de bord</a></li>
<li><a class="fr-btn fr-btn--secondary" href="/documentation">Lire la documentation</a></li>
</ul>
<div class="fr-grid-row fr-grid-row--gutters">
${tiles.map(tile)}
</div>
<h2 class="fr-mt-6w">Qui peut utiliser le service ?</h2>
<p class="tableau-texte">Les organismes chargés d’un service public administratif : administrations de l’État, collectivités territoriales, leurs établissements publics, organismes de sécurité sociale, et personnes chargées d’une mission de service public, pour les seules données nécessaires à leurs missions.</p>
<h2>Ce que le service garantit</h2>
<ul class="tableau-texte">
<li>Il est disponible 97,8 % du temps de chaque mois et délivre 50 appels par seconde, partagés entre les partenaires.</li>
<li>Chaque appel laisse une trace avant que la réponse ne parte ; toute modification d’une trace se constate.</li>
<li>Un partenaire ne voit que les champs que ses démarches justifient.</li>
</ul>`,
  }),
};

interface Tile {
  readonly title: string;
  readonly href: string;
  readonly text: string;
}

const tiles: readonly Tile[] = [
  {
    title: "État du service",
    href: "/etat-du-service",
    text: "Disponibilité du mois, incidents en cours, maintenances annoncées.",
  },
  {
    title: "Conditions d’utilisation",
    href: "/conditions",
    text: "Engagements du partenaire et du ministère, article par article.",
  },
  {
    title: "Nous contacter",
    href: "/contact",
    text: "Difficulté technique, question sur l’usage du service.",
  },
];

function tile({ title, href, text }: Tile): Html {
  return html`<div class="fr-col-12 fr-col-md-4"><div class="fr-card fr-enlarge-link fr-card--no-icon"><div class="fr-card__body"><div class="fr-card__content">
<h2 class="fr-card__title fr-h4"><a href="${href}">${title}</a></h2>
<p class="fr-card__desc">${text}</p>
</div></div></div></div>`;
}
