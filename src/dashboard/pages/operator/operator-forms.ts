// What the forms of operators share: who may decide, a reason, and the body for which they act (terms, article 5).
import { type OperatorRoleName, operatorBodies } from "../../../access/person.ts";
import { OperatorBody } from "../../../gen/statutetudiant/rules/v1/roles_pb.ts";
import { type Form, requireConfirmation } from "../../frame/form.ts";
import { type Action, personOf, redirect, type Visit } from "../../frame/page.ts";
import { areaField, confirmation } from "../../html/fields.ts";
import { actionForm, type FormScope } from "../../html/form-scope.ts";
import { type Html, html, type Part } from "../../html/html.ts";

const ranks: readonly OperatorRoleName[] = ["reader", "instructor", "administrator"];

/** Whether a button makes sense for who looks. The service decides all the same. */
export function mayAct(visit: Visit, from: "instructor" | "administrator" = "instructor"): boolean {
  const person = personOf(visit);
  return person.kind === "operator" && ranks.indexOf(person.role) >= ranks.indexOf(from);
}

/** The body for which who looks acts. */
export function bodyOf(visit: Visit): OperatorBody {
  const person = personOf(visit);
  return person.kind === "operator" ? operatorBodies[person.body] : OperatorBody.UNSPECIFIED;
}

export function idOf(visit: Visit): string {
  return visit.params["id"] ?? "";
}

/** The page of a list that the address names. */
export function pageTokenOf(visit: Visit): string {
  return visit.query.get("page") ?? "";
}

/** A number of an enum that the address names; 0 for none. */
export function choiceOf<Enum extends number>(visit: Visit, name: string): Enum {
  const text = visit.query.get(name) ?? "";
  return (/^\d{1,2}$/.test(text) ? Number(text) : 0) as Enum;
}

/** What every edit of a record that the page is about names. */
export function edit(visit: Visit, form: Form) {
  return { requestId: form.text("request_id"), id: idOf(visit), etag: form.text("etag") };
}

/** As `edit`, with the reason of a decision. */
export function reasoned(visit: Visit, form: Form) {
  return { ...edit(visit, form), reason: form.text("reason") };
}

/** As `reasoned`, with the body that decides. */
export function decided(visit: Visit, form: Form) {
  return { ...reasoned(visit, form), body: bodyOf(visit) };
}

/** An action that runs and leads back to its page; one that cannot be undone wants its box ticked. */
export function actAndReturn(
  notice: string,
  run: (visit: Visit, form: Form) => Promise<unknown>,
  { isConfirmed = false } = {},
): Action {
  return async (visit, form) => {
    if (isConfirmed) requireConfirmation(form);
    await run(visit, form);
    return redirect(visit.path, notice);
  };
}

export interface ReasonForm {
  readonly action: string;
  readonly submit: string;
  readonly etag?: string;
  readonly look?: "primary" | "secondary";
  readonly label?: string;
  readonly hint?: string;
  /** The contract's name of the text; absent: `reason`. */
  readonly name?: string;
  readonly maxLength?: number;
  /** What stands before the text. */
  readonly before?: (scope: FormScope) => Part;
  /** What is confirmed by a box. */
  readonly confirm?: string;
}

/** A form that asks why, or for a text. */
export function reasonForm(visit: Visit, options: ReasonForm): Html {
  const { action, submit, etag, look = "secondary", label = "Motif", hint, name = "reason" } = options;
  const { maxLength = 500, before, confirm } = options;
  return html`<div class="tableau-texte">${actionForm(visit, {
    action,
    submit,
    look,
    ...(etag !== undefined && { etag }),
    fields: (scope) => html`${before?.(scope)}
${areaField(scope, { name, label, hint, required: true, maxLength, rows: maxLength > 500 ? 6 : 2 })}
${confirm !== undefined && confirmation(scope, "confirmation", confirm)}`,
  })}</div>`;
}

/** The numbers and words of an enum as choices, for a list or for buttons. */
export function choicesOf(words: Readonly<Record<number, string | readonly [string, unknown]>>) {
  return Object.entries(words).map(([value, label]) => ({
    value,
    label: typeof label === "string" ? label : label[0],
  }));
}

/** As `choicesOf`, for a filter, with what filters nothing first. */
export function filterChoices(
  words: Readonly<Record<number, string | readonly [string, unknown]>>,
  all: string,
): (readonly [string, string])[] {
  return [["", all], ...choicesOf(words).map(({ value, label }) => [value, label] as const)];
}
