// What every site of the State tells of itself, and how to reach those who run the service.
import type { Page } from "../../frame/page.ts";
import { type AccessibilityState, accessibilityWords } from "../../html/accessibility-words.ts";
import { section } from "../../html/blocks.ts";
import { type Html, html } from "../../html/html.ts";

/** What only the ministry can tell of itself; undefined: it has not yet, and the page says so. */
export interface MinistryFacts {
  readonly publisher: string | undefined;
  readonly publicationDirector: string | undefined;
  readonly host: string | undefined;
  readonly dataProtectionOfficer: string | undefined;
  readonly accessibility: AccessibilityState;
  /** Who audited it, when, and what was found. */
  readonly accessibilityAudit: string | undefined;
}

/** The address of the terms, article 6.2. */
const contactAddress = "statutetudiant@enseignementsup.gouv.fr";
const contactLink = html`<a href="mailto:${contactAddress}">${contactAddress}</a>`;

function informationPage(path: string, title: string, ...body: readonly Html[]): Page {
  return {
    path,
    audience: "public",
    show: () => ({ title, body: html`<div class="tableau-texte">${body}</div>` }),
  };
}

const contactPage = informationPage(
  "/contact",
  "Nous contacter",
  html`<p class="fr-text--lead">Pour une difficulté technique ou une question sur l’usage du service, écrivez à ${contactLink}.</p>
<p>Pour aller plus vite, indiquez :</p>
<ul><li>le SIRET et le nom de votre organisme ;</li><li>l’identifiant de requête (<code>X-Request-Id</code>) de l’appel concerné, ou celui qu’affiche la page d’erreur ;</li><li>l’identifiant du jeton (<code>tok_…</code>), qui n’est pas un secret.</li></ul>
<p>N’envoyez jamais un jeton, un INE ni le nom d’un étudiant par courriel. Un jeton divulgué se révoque depuis le tableau de bord.</p>`,
);

/** A fact of the ministry, or that it is missing: none is made up. */
function fact(told: string | undefined, what: string): Html {
  return told === undefined
    ? html`<p class="fr-badge fr-badge--warning">À renseigner</p><p>${what} : le ministère ne l’a pas encore indiqué.</p>`
    : html`<p>${told}</p>`;
}

const accessibilityPage = ({ accessibility, accessibilityAudit }: MinistryFacts) =>
  informationPage(
    "/accessibilite",
    "Déclaration d’accessibilité",
    html`<p>Le ministère chargé de l’enseignement supérieur s’engage à rendre ses services numériques accessibles, conformément à l’article 47 de la loi n° 2005-102 du 11 février 2005. Cette déclaration s’applique au site public et au tableau de bord du service Statut étudiant.</p>`,
    section(
      "État de conformité",
      html`<p>Le service est <strong>${accessibilityWords[accessibility]}</strong> au référentiel général d’amélioration de l’accessibilité (RGAA), version 4.1.</p><p>${accessibilityAudit ?? "Aucun audit de conformité n’a encore été mené."}</p>`,
    ),
    section(
      "Ce qui est vérifié à chaque évolution",
      html`<ul><li>Chaque page est analysée par l’outil axe-core, qui n’y relève aucun défaut.</li><li>Chaque page et chaque action s’utilisent au clavier seul, et sans JavaScript.</li><li>Chaque graphique est accompagné du tableau de ses données.</li><li>Les pages restent lisibles de 320 pixels de large à la très haute définition, et à l’impression.</li></ul>`,
    ),
    section(
      "Contenus non accessibles",
      html`<p>Le choix du thème sombre demande JavaScript. Les graphiques dessinés ne sont pas lus par les aides techniques : leur tableau l’est.</p>`,
    ),
    section(
      "Retour d’information et contact",
      html`<p>Si vous n’arrivez pas à accéder à un contenu, écrivez à ${contactLink} pour obtenir une réponse ou le contenu sous une autre forme.</p>`,
    ),
    section(
      "Voies de recours",
      html`<p>Si vous n’obtenez pas de réponse satisfaisante, vous pouvez :</p><ul><li>écrire un message au <a href="https://formulaire.defenseurdesdroits.fr">Défenseur des droits</a> ;</li><li>contacter le <a href="https://www.defenseurdesdroits.fr/saisir/delegues">délégué du Défenseur des droits dans votre région</a> ;</li><li>envoyer un courrier, gratuit et sans timbre : Défenseur des droits, Libre réponse 71120, 75342 Paris CEDEX 07.</li></ul>`,
    ),
  );

const legalPage = ({ publisher, publicationDirector, host }: MinistryFacts) =>
  informationPage(
    "/mentions-legales",
    "Mentions légales",
    section(
      "Éditeur",
      html`<p>Le service est mis en œuvre par le ministère chargé de l’enseignement supérieur (conditions d’utilisation, article 1).</p>${fact(publisher, "Nom, adresse et téléphone de l’éditeur")}<p>Contact : ${contactLink}</p>`,
    ),
    section(
      "Direction de la publication",
      fact(publicationDirector, "Nom ou fonction de la personne qui dirige la publication"),
    ),
    section("Hébergement", fact(host, "Nom, adresse et téléphone de l’hébergeur")),
    section(
      "Objet",
      html`<p>Le service met en œuvre les échanges d’informations entre administrations prévus aux articles L. 114-8 et suivants du code des relations entre le public et l’administration.</p>`,
    ),
    section(
      "Contenus et composants",
      html`<p>Les pages utilisent le système de design de l’État, réservé aux sites de l’État. Le logiciel du service est publié sous licence MIT.</p>`,
    ),
  );

const privacyPage = ({ dataProtectionOfficer }: MinistryFacts) =>
  informationPage(
    "/donnees-personnelles",
    "Données personnelles",
    section(
      "Ce que le tableau de bord enregistre de vous",
      html`<p>Nom, adresse électronique, téléphone et rôle des contacts que votre organisme déclare ; date de vos connexions ; chaque décision prise ou demandée, avec son auteur, dans un registre dont toute modification se constate. Ces données servent à gérer l’accès au service et à en répondre.</p>`,
    ),
    section(
      "Journaux",
      html`<p>Chaque requête laisse une trace : adresse appelée, paramètres, adresse IP, date et heure, code de réponse (conditions d’utilisation, article 4). Les données de traçabilité sont supprimées après deux ans sans utilisation du service.</p>`,
    ),
    section(
      "Témoins de connexion",
      html`<p>Le site ne dépose que les témoins (« cookies ») nécessaires à la connexion et aux formulaires : <code>session</code>, <code>navigateur</code>, <code>retour</code>, <code>avis</code>, <code>proconnect</code> et <code>proconnect-jeton</code>, qui sert à se déconnecter aussi de ProConnect. Aucun ne mesure l’audience : votre consentement n’est pas requis.</p>`,
    ),
    section(
      "Délégué à la protection des données",
      fact(dataProtectionOfficer, "Moyen de joindre le délégué à la protection des données du ministère"),
    ),
    section(
      "Vos droits",
      html`<p>Vous pouvez accéder aux données qui vous concernent, les faire rectifier ou vous opposer à leur traitement en écrivant à ${contactLink}, puis saisir la <a href="https://www.cnil.fr/fr/plaintes">CNIL</a>. Un étudiant peut demander qui a consulté ses données.</p>`,
    ),
  );

export function informationPages(facts: MinistryFacts): readonly Page[] {
  return [contactPage, accessibilityPage(facts), legalPage(facts), privacyPage(facts)];
}
