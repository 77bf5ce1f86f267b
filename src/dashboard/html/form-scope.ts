// A form of a page: what belongs to every one of them, and what was typed and refused before.
import { randomUUID } from "node:crypto";
import { hiddenToken } from "../frame/form-token.ts";
import type { Visit } from "../frame/page.ts";
import { attributes, type Html, html, type Part } from "./html.ts";

/** One form of a page, and the name of the action that it asks for. */
export interface FormScope {
  readonly visit: Visit;
  readonly action: string;
}

export interface FormOptions {
  readonly action: string;
  /** Address that the form is sent to; absent: the page itself. */
  readonly to?: string;
  readonly submit: string;
  /** Look of the button; a dangerous one says in its words what it does. */
  readonly look?: "primary" | "secondary";
  readonly fields?: (scope: FormScope) => Part;
  /** Revision that the form edits. */
  readonly etag?: string;
  /** Further hidden fields. */
  readonly hidden?: Readonly<Record<string, string>>;
}

/**
 * Writes a form. It carries the token that proves where it comes from, and a request identifier of its own, so that
 * sending it twice does it once: give it to the method as `requestId: form.text("request_id")`.
 */
export function actionForm(visit: Visit, options: FormOptions): Html {
  const { action, submit, etag, look = "primary" } = options;
  const hidden = { action, request_id: randomUUID(), ...(etag !== undefined && { etag }), ...options.hidden };
  return html`<form method="post"${attributes({ action: options.to })}>
${hiddenToken(visit)}
${Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`)}
${options.fields?.({ visit, action })}
<button class="${look === "primary" ? "fr-btn" : "fr-btn fr-btn--secondary"}" type="submit">${submit}</button>
</form>`;
}

/** Identifier of a field in the document: links of the error box lead there. */
export function fieldId(action: string, name: string): string {
  return `champ-${action}-${name}`;
}

/** What the reader typed before, or what the field starts with. */
export function typedValue({ visit, action }: FormScope, name: string, initial: string): string {
  return visit.attempt?.action === action ? visit.attempt.form.text(name) : initial;
}

/** The values of boxes that were ticked before, or those that are ticked at first. */
export function typedValues(
  { visit, action }: FormScope,
  name: string,
  initial: readonly string[],
): readonly string[] {
  return visit.attempt?.action === action ? visit.attempt.form.all(name) : initial;
}

/** What is wrong with a field, also with one of its items (`scopes[1]`). */
export function problemOf({ visit, action }: FormScope, name: string): string | undefined {
  if (visit.attempt?.action !== action) return undefined;
  return visit.attempt.error.options.violations?.find(({ field }) => fieldName(field) === name)?.description;
}

/** The form's field of a violation: forms name their fields as the contracts do. */
export function fieldName(field: string): string {
  return field.replace(/\[\d+\].*$/, "");
}
