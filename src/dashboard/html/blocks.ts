// Small pieces that pages are put together from.
import { type Html, html, nothing, type Part } from "./html.ts";

export type Severity = "success" | "info" | "warning" | "error" | "new";

/** A state in one or two words. Its text says it all: colours only repeat it. */
export function badge(label: string, severity?: Severity): Html {
  const look = severity === undefined ? "" : ` fr-badge--${severity} fr-badge--no-icon`;
  return html`<p class="fr-badge fr-badge--sm${look}">${label}</p>`;
}

/** A message that matters to the whole page. */
export function alert(severity: "success" | "info" | "warning" | "error", title: string, text: Part): Html {
  return html`<div class="fr-alert fr-alert--${severity} fr-mb-4w"><h2 class="fr-alert__title">${title}</h2><p>${text}</p></div>`;
}

/** Facts with their names. Those that are absent, false or empty are left out. */
export function facts(items: readonly (readonly [name: string, value: Part])[]): Html {
  const known = items.filter(
    ([, value]) => value !== undefined && value !== null && value !== false && value !== "",
  );
  return html`<dl class="tableau-faits">${known.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`;
}

export interface Figure {
  readonly label: string;
  readonly value: Part;
  /** What it is compared with, or of when it is. */
  readonly note?: Part;
}

/** Numbers that are read at a glance. */
export function figures(items: readonly Figure[]): Html {
  return html`<dl class="tableau-chiffres">${items.map(
    ({ label, value, note }) =>
      html`<div><dt>${label}</dt><dd class="tableau-chiffre">${value}</dd>${note !== undefined && html`<dd class="tableau-note">${note}</dd>`}</div>`,
  )}</dl>`;
}

/** A link that looks like a button. */
export function linkButton(label: string, href: string, look: "primary" | "secondary" = "primary"): Html {
  return html`<a class="fr-btn${look === "secondary" && " fr-btn--secondary"}" href="${href}">${label}</a>`;
}

export function section(title: string, ...body: readonly Part[]): Html {
  return html`<section class="fr-mt-5w"><h2>${title}</h2>${body}</section>`;
}

/** The way to the next page of a list, and back to its first. Lists are read by keys and have no page numbers. */
export function pager(path: string, query: URLSearchParams, nextPageToken: string, tokenName = "page"): Html {
  const isFirst = !query.has(tokenName);
  if (isFirst && nextPageToken === "") return nothing;
  return html`<nav class="fr-pagination" aria-label="Pages de la liste"><ul class="fr-pagination__list">
${!isFirst && html`<li><a class="fr-pagination__link fr-pagination__link--first" href="${pageLink("")}">Début de la liste</a></li>`}
${nextPageToken !== "" && html`<li><a class="fr-pagination__link fr-pagination__link--next fr-pagination__link--lg-label" href="${pageLink(nextPageToken)}">Page suivante</a></li>`}
</ul></nav>`;

  function pageLink(token: string): string {
    const own = new URLSearchParams(query);
    own.delete(tokenName);
    if (token !== "") own.set(tokenName, token);
    return own.size === 0 ? path : `${path}?${own}`;
  }
}

/** A form that only filters what is shown: it is sent by GET and changes nothing. */
export function filterForm(fields: Part, submit = "Filtrer"): Html {
  return html`<form method="get" class="tableau-filtres fr-mb-4w" role="search"><div class="tableau-filtres__champs">${fields}</div>
<button class="fr-btn fr-btn--secondary" type="submit">${submit}</button></form>`;
}

/** A field of a filter. `choices` makes it a list. */
export function filterField(
  query: URLSearchParams,
  name: string,
  label: string,
  options: {
    readonly type?: string;
    readonly choices?: readonly (readonly [value: string, label: string])[];
  } = {},
): Html {
  const id = `filtre-${name}`;
  const value = query.get(name) ?? "";
  if (options.choices === undefined) {
    return html`<div class="fr-input-group"><label class="fr-label" for="${id}">${label}</label><input class="fr-input" id="${id}" name="${name}" type="${options.type ?? "text"}" value="${value}"></div>`;
  }
  const choices = options.choices.map(
    ([own, text]) => html`<option value="${own}"${own === value && html` selected`}>${text}</option>`,
  );
  return html`<div class="fr-select-group"><label class="fr-label" for="${id}">${label}</label><select class="fr-select" id="${id}" name="${name}">${choices}</select></div>`;
}
