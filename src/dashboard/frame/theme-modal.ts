import { attributes, type Html, html } from "../html/html.ts";

const themes = [
  ["light", "Thème clair", "light.svg"],
  ["dark", "Thème sombre", "dark.svg"],
  ["system", "Système", "system.svg"],
] as const;

/** The design system's choice between a light and a dark theme. It needs the script: without it pages are light. */
export function themeModal(pictures: string): Html {
  return html`<dialog id="theme-modal" class="fr-modal" aria-labelledby="theme-titre">
<div class="fr-container fr-container--fluid fr-container-md"><div class="fr-grid-row fr-grid-row--center"><div class="fr-col-12 fr-col-md-6 fr-col-lg-4">
<div class="fr-modal__body">
<div class="fr-modal__header"><button class="fr-btn--close fr-btn" aria-controls="theme-modal" title="Fermer" type="button">Fermer</button></div>
<div class="fr-modal__content">
<h2 id="theme-titre" class="fr-modal__title">Paramètres d’affichage</h2>
<div class="fr-display" id="theme"><fieldset class="fr-fieldset" id="theme-choix" aria-labelledby="theme-legende">
<legend class="fr-fieldset__legend--regular fr-fieldset__legend" id="theme-legende">Choisissez un thème pour personnaliser l’apparence du site.</legend>
${themes.map(([value, label, picture]) => choice(value, label, `${pictures}${picture}`))}
</fieldset></div>
</div>
</div>
</div></div></div>
</dialog>`;
}

function choice(value: string, label: string, picture: string): Html {
  const uses = ["decorative", "minor", "major"].map(
    (part) => html`<use class="fr-artwork-${part}" href="${picture}#artwork-${part}"></use>`,
  );
  return html`<div class="fr-fieldset__element"><div class="fr-radio-group fr-radio-rich">
<input value="${value}" type="radio" id="theme-${value}" name="fr-radios-theme"${attributes({ checked: value === "system" })}>
<label class="fr-label" for="theme-${value}">${label}${value === "system" && html`<span class="fr-hint-text">Utilise les paramètres du système</span>`}</label>
<div class="fr-radio-rich__pictogram"><svg aria-hidden="true" class="fr-artwork" viewBox="0 0 80 80" width="80" height="80">${uses}</svg></div>
</div></div>`;
}
