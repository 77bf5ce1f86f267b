// The document around every page: the State's header and footer, the way here, what has just been done or refused.
import type { Person } from "../../access/person.ts";
import { type AccessibilityState, accessibilityWords } from "../html/accessibility-words.ts";
import { fieldId, fieldName } from "../html/form-scope.ts";
import { attributes, type Html, html, nothing } from "../html/html.ts";
import { currentItem, footMenu, type MenuItem, menuOf, startOf } from "./menus.ts";
import type { Attempt, View } from "./page.ts";
import type { PageFiles } from "./static-files.ts";
import { themeModal } from "./theme-modal.ts";

export interface LayoutParts {
  readonly files: PageFiles;
  readonly accessibility: AccessibilityState;
  readonly path: string;
  readonly person: Person | undefined;
  /** What the last action did. */
  readonly notice: string | undefined;
  readonly attempt: Attempt | undefined;
  /** The hidden field of the form that signs out. */
  readonly formToken: Html;
}

const serviceName = "Statut étudiant";

/** Writes the whole document. */
export function layOut(view: View, parts: LayoutParts): string {
  const { files, person, path } = parts;
  const title = `${parts.attempt === undefined ? "" : "Erreur – "}${view.title} – ${serviceName}`;
  const menu = menuOf(person);
  const document = html`<!DOCTYPE html>
<html lang="fr" dir="ltr" data-fr-scheme="system">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<title>${title}</title>
${files.styles.map((href) => html`<link rel="stylesheet" href="${href}">\n`)}${files.printStyles.map(
  (href) => html`<link rel="stylesheet" href="${href}" media="print">\n`,
)}${view.hasCharts === true && chartFiles(files)}<link rel="icon" href="${files.favicon}" type="image/svg+xml">
<script type="module" src="${files.script}"></script>
</head>
<body>
${skipLinks(menu)}
${header(menu, parts)}
<main id="contenu" tabindex="-1">
<div class="fr-container fr-pb-6w">
${breadcrumb(view, path)}
${noticeBox(parts.notice)}
${errorBox(parts.attempt)}
<h1>${view.title}</h1>
${view.body}
</div>
</main>
${footer(person, menu, parts.accessibility)}
${themeModal(files.pictures)}
</body>
</html>
`;
  return document.text;
}

function chartFiles({ charts }: PageFiles): Html {
  return html`<link rel="stylesheet" href="${charts.style}">
<script type="module" src="${charts.script}"></script>
`;
}

function skipLinks(menu: readonly MenuItem[]): Html {
  return html`<div class="fr-skiplinks">
<nav class="fr-container" aria-label="Accès rapide">
<ul class="fr-skiplinks__list">
<li><a class="fr-link" href="#contenu">Contenu</a></li>
${menu.length > 0 && html`<li><a class="fr-link" href="#menu">Menu</a></li>`}
<li><a class="fr-link" href="#pied">Pied de page</a></li>
</ul>
</nav>
</div>`;
}

function header(menu: readonly MenuItem[], parts: LayoutParts): Html {
  const home = parts.person === undefined ? "/" : startOf(parts.person);
  return html`<header class="fr-header" id="haut">
<div class="fr-header__body">
<div class="fr-container">
<div class="fr-header__body-row">
<div class="fr-header__brand fr-enlarge-link">
<div class="fr-header__brand-top">
<div class="fr-header__logo"><p class="fr-logo">République<br>Française</p></div>
<div class="fr-header__navbar">
<button class="fr-btn--menu fr-btn" data-fr-opened="false" aria-controls="menu-modal" aria-haspopup="menu" id="menu-bouton" title="Menu" type="button">Menu</button>
</div>
</div>
<div class="fr-header__service">
<a href="${home}" title="Accueil – ${serviceName}"><span class="fr-header__service-title">${serviceName}</span></a>
<p class="fr-header__service-tagline">Ministère chargé de l’enseignement supérieur</p>
</div>
</div>
<div class="fr-header__tools"><div class="fr-header__tools-links">${tools(parts)}</div></div>
</div>
</div>
</div>
<div class="fr-header__menu fr-modal" id="menu-modal" aria-labelledby="menu-bouton">
<div class="fr-container">
<button class="fr-btn--close fr-btn" aria-controls="menu-modal" title="Fermer" type="button">Fermer</button>
<div class="fr-header__menu-links"></div>
<nav class="fr-nav" id="menu" aria-label="Menu principal">
<ul class="fr-nav__list">${menuItems(menu, parts.path, "fr-nav__item", "fr-nav__link")}</ul>
</nav>
</div>
</div>
</header>`;
}

function tools({ person, formToken }: LayoutParts): Html {
  if (person === undefined) {
    return html`<ul class="fr-btns-group"><li><a class="fr-btn fr-icon-lock-line" href="/connexion">Se connecter</a></li></ul>`;
  }
  return html`<ul class="fr-btns-group">
<li><a class="fr-btn" href="/compte">${person.name}</a></li>
<li><form method="post" action="/compte">${formToken}<input type="hidden" name="action" value="sign-out"><button class="fr-btn fr-icon-logout-box-r-line" type="submit">Se déconnecter</button></form></li>
</ul>`;
}

function menuItems(menu: readonly MenuItem[], path: string, item: string, link: string): Html[] {
  const current = currentItem(menu, path);
  return menu.map((entry) => {
    const now = entry !== current ? undefined : entry.href === path ? "page" : "true";
    return html`<li class="${item}"><a class="${link}" href="${entry.href}"${attributes({ "aria-current": now })}>${entry.label}</a></li>`;
  });
}

/** Pages just below a menu's item need no way back: the menu is one. */
function breadcrumb({ title, trail = [] }: View, path: string): Html {
  if (trail.length === 0) return html`<div class="tableau-debut"></div>`;
  const links = trail.map(
    ([label, href]) => html`<li><a class="fr-breadcrumb__link" href="${href}">${label}</a></li>`,
  );
  return html`<nav class="fr-breadcrumb tableau-fil" aria-label="Vous êtes ici">
<ol class="fr-breadcrumb__list">${links}<li><a class="fr-breadcrumb__link" aria-current="page" href="${path}">${title}</a></li></ol>
</nav>`;
}

function noticeBox(notice: string | undefined): Html {
  if (notice === undefined) return nothing;
  return html`<div class="fr-alert fr-alert--success fr-alert--sm fr-mb-4w" role="status"><p>${notice}</p></div>`;
}

function errorBox(attempt: Attempt | undefined): Html {
  if (attempt === undefined) return nothing;
  const { violations = [] } = attempt.error.options;
  return html`<div class="fr-alert fr-alert--error fr-mb-4w" role="alert" id="erreur">
<h2 class="fr-alert__title">La demande n’a pas été enregistrée</h2>
<p>${attempt.error.rawMessage}</p>
${
  violations.length > 0 &&
  html`<ul>${violations.map(({ field, description }) => html`<li><a href="#${fieldId(attempt.action, fieldName(field))}">${description}</a></li>`)}</ul>`
}
</div>`;
}

function footer(
  person: Person | undefined,
  menu: readonly MenuItem[],
  accessibility: AccessibilityState,
): Html {
  const own = person !== undefined && column("Votre espace", menu);
  return html`<footer class="fr-footer" id="pied">
<div class="fr-footer__top"><div class="fr-container"><div class="fr-grid-row fr-grid-row--start fr-grid-row--gutters">
${own}${column("Le service", footMenu)}
</div></div></div>
<div class="fr-container">
<div class="fr-footer__body">
<div class="fr-footer__brand fr-enlarge-link">
<a href="/" title="Accueil – ${serviceName} – République Française"><p class="fr-logo">République<br>Française</p></a>
</div>
<div class="fr-footer__content">
<p class="fr-footer__content-desc">Le service Statut étudiant permet aux administrations de vérifier qu’une personne est étudiante, sans lui demander de justificatif.</p>
<ul class="fr-footer__content-list">${stateSites.map(
    ([label, href]) =>
      html`<li class="fr-footer__content-item"><a class="fr-footer__content-link" href="${href}">${label}</a></li>`,
  )}</ul>
</div>
</div>
<div class="fr-footer__bottom">
<ul class="fr-footer__bottom-list">
<li class="fr-footer__bottom-item"><a class="fr-footer__bottom-link" href="/accessibilite">Accessibilité : ${accessibilityWords[accessibility]}</a></li>
<li class="fr-footer__bottom-item"><a class="fr-footer__bottom-link" href="/mentions-legales">Mentions légales</a></li>
<li class="fr-footer__bottom-item"><a class="fr-footer__bottom-link" href="/donnees-personnelles">Données personnelles</a></li>
<li class="fr-footer__bottom-item"><button class="fr-footer__bottom-link fr-icon-theme-fill fr-link--icon-left tableau-avec-script" type="button" aria-controls="theme-modal" data-fr-opened="false">Paramètres d’affichage</button></li>
</ul>
</div>
</div>
</footer>`;
}

const stateSites = [
  ["info.gouv.fr", "https://www.info.gouv.fr"],
  ["service-public.fr", "https://www.service-public.fr"],
  ["legifrance.gouv.fr", "https://www.legifrance.gouv.fr"],
  ["data.gouv.fr", "https://www.data.gouv.fr"],
] as const;

function column(title: string, items: readonly MenuItem[]): Html {
  return html`<div class="fr-col-12 fr-col-sm-6 fr-col-md-4">
<h2 class="fr-footer__top-cat">${title}</h2>
<ul class="fr-footer__top-list">${items.map(
    ({ label, href }) => html`<li><a class="fr-footer__top-link" href="${href}">${label}</a></li>`,
  )}</ul>
</div>`;
}
