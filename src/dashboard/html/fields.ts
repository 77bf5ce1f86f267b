// Fields of forms, as the design system writes them: label, hint, and what is wrong, tied to the field for those who
// listen to the page.
import { type FormScope, fieldId, problemOf, typedValue, typedValues } from "./form-scope.ts";
import { attributes, type Html, html } from "./html.ts";

interface Field {
  /** Name, as the contract has it. */
  readonly name: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly required?: boolean;
}

export interface TextField extends Field {
  readonly value?: string;
  readonly type?: "text" | "email" | "tel" | "date" | "datetime-local" | "number";
  readonly autocomplete?: string;
  readonly maxLength?: number;
  readonly min?: number | string;
  readonly max?: number | string;
}

export function textField(scope: FormScope, field: TextField): Html {
  const control = { ...describe(scope, field), type: field.type ?? "text", class: "fr-input" };
  const { maxLength, min, max, autocomplete } = field;
  const value = typedValue(scope, field.name, field.value ?? "");
  return group(
    scope,
    field,
    html`<input${attributes({ ...control, maxlength: maxLength, min, max, autocomplete, value })}>`,
  );
}

export interface AreaField extends Field {
  readonly value?: string;
  readonly rows?: number;
  readonly maxLength?: number;
}

export function areaField(scope: FormScope, field: AreaField): Html {
  const control = {
    ...describe(scope, field),
    class: "fr-input",
    rows: field.rows ?? 3,
    maxlength: field.maxLength,
  };
  const value = typedValue(scope, field.name, field.value ?? "");
  // A browser drops the first line break of a text area.
  return group(scope, field, html`<textarea${attributes(control)}>\n${value}</textarea>`);
}

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string | undefined;
}

export interface SelectField extends Field {
  readonly value?: string;
  readonly choices: readonly Choice[];
  /** What stands first and chooses nothing. */
  readonly empty?: string;
}

export function selectField(scope: FormScope, field: SelectField): Html {
  const value = typedValue(scope, field.name, field.value ?? "");
  const option = ({ value: own, label }: Choice) =>
    html`<option${attributes({ value: own, selected: own === value })}>${label}</option>`;
  const empty = field.empty === undefined ? [] : [{ value: "", label: field.empty }];
  const control = { ...describe(scope, field), class: "fr-select" };
  return group(
    scope,
    field,
    html`<select${attributes(control)}>${[...empty, ...field.choices].map(option)}</select>`,
    "select",
  );
}

export interface ChoicesField extends Field {
  readonly choices: readonly Choice[];
  readonly values?: readonly string[];
}

/** Boxes of which several can be ticked. */
export function checkboxes(scope: FormScope, field: ChoicesField): Html {
  return choices(scope, field, "checkbox");
}

/** Buttons of which one is chosen. */
export function radios(scope: FormScope, field: ChoicesField): Html {
  return choices(scope, field, "radio");
}

/** One box, to confirm what cannot be undone. */
export function confirmation(scope: FormScope, name: string, label: string): Html {
  return checkboxes(scope, {
    name,
    label: "Confirmation",
    required: true,
    choices: [{ value: "oui", label }],
  });
}

function choices(scope: FormScope, field: ChoicesField, type: "checkbox" | "radio"): Html {
  const id = fieldId(scope.action, field.name);
  const problem = problemOf(scope, field.name);
  const ticked = typedValues(scope, field.name, field.values ?? []);
  // A required box of several would have to be ticked whatever the others are.
  const required = field.required === true && (type === "radio" || field.choices.length === 1);
  const one = ({ value, label, hint }: Choice, index: number) => {
    const own = index === 0 ? id : `${id}-${index}`;
    const checked = ticked.includes(value);
    return html`<div class="fr-fieldset__element"><div class="fr-${type}-group">
<input${attributes({ type, id: own, name: field.name, value, checked, required })}>
<label class="fr-label" for="${own}">${label}${hint !== undefined && html`<span class="fr-hint-text">${hint}</span>`}</label>
</div></div>`;
  };
  const labelled = { "aria-labelledby": `${id}-legende ${id}-erreurs` };
  return html`<fieldset class="fr-fieldset${problem !== undefined && " fr-fieldset--error"}"${attributes(labelled)}>
<legend class="fr-fieldset__legend fr-fieldset__legend--regular" id="${id}-legende">${caption(field)}</legend>
${field.choices.map(one)}
<div class="fr-messages-group" id="${id}-erreurs" aria-live="polite">${problem !== undefined && html`<p class="fr-message fr-message--error">${problem}</p>`}</div>
</fieldset>`;
}

function describe(scope: FormScope, { name, required }: Field) {
  const id = fieldId(scope.action, name);
  const problem = problemOf(scope, name);
  return {
    id,
    name,
    required: required === true,
    "aria-describedby": `${id}-erreurs`,
    "aria-invalid": problem === undefined ? undefined : "true",
  };
}

function group(scope: FormScope, field: Field, control: Html, kind: "input" | "select" = "input"): Html {
  const id = fieldId(scope.action, field.name);
  const problem = problemOf(scope, field.name);
  return html`<div class="fr-${kind}-group${problem !== undefined && ` fr-${kind}-group--error`}">
<label class="fr-label" for="${id}">${caption(field)}</label>
${control}
<div class="fr-messages-group" id="${id}-erreurs" aria-live="polite">${problem !== undefined && html`<p class="fr-message fr-message--error">${problem}</p>`}</div>
</div>`;
}

/** Fields are required unless they say that they are not. */
function caption({ label, hint, required }: Field): Html {
  return html`${label}${required !== true && html` <span class="tableau-discret">(facultatif)</span>`}${hint !== undefined && html`<span class="fr-hint-text">${hint}</span>`}`;
}
