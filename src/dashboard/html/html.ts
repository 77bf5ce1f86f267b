// HTML as a tagged template that escapes what it is given. A library of templates would bring a language of its own,
// or a compiler that Node's type stripping does not run; what is needed of one is this file, and its types refuse
// what is neither text nor HTML.

/** A piece of HTML that is safe to put into a page. Only `html` and `trusted` make one. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** What may stand in a template: text is escaped; nothing is written for `false`, `null` and `undefined`. */
export type Part = Html | string | number | bigint | false | null | undefined | readonly Part[];

/**
 * Makes HTML. Values may stand in text and in attributes between double quotes, nowhere else: not in `<script>`,
 * `<style>`, comments, attribute names or unquoted attributes.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  let text = strings[0] ?? "";
  for (const [index, value] of values.entries()) text += write(value) + (strings[index + 1] ?? "");
  return new Html(text);
}

/** HTML that was made elsewhere and is known to be safe. */
export function trusted(text: string): Html {
  return new Html(text);
}

export const nothing = new Html("");

/** An attribute's value; `true` writes the bare attribute, `false` and `undefined` leave it out. */
export type AttributeValue = string | number | boolean | undefined;

/** Attributes, each with a space before it. Names are written in the code, never taken from a request. */
export function attributes(values: Readonly<Record<string, AttributeValue>>): Html {
  const written = Object.entries(values).map(([name, value]) => {
    if (value === undefined || value === false) return "";
    return value === true ? ` ${name}` : ` ${name}="${escapeText(String(value))}"`;
  });
  return new Html(written.join(""));
}

function write(value: Part): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(write).join("");
  if (value === undefined || value === null || value === false) return "";
  return escapeText(String(value));
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? "");
}
