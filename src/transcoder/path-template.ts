// The path template of google.api.http:
//   Template = "/" Segments [ ":" LITERAL ]; Segment = "*" | "**" | LITERAL | "{" FieldPath [ "=" Segments ] "}"
import { percentDecode } from "./percent-decoding.ts";

export type TemplateSegment =
  | { readonly kind: "literal" /** Decoded. */; readonly value: string }
  | { readonly kind: "star" }
  | { readonly kind: "double-star" };

export interface TemplateVariable {
  /** Names of the field path, as the template writes them. */
  readonly fieldPath: readonly string[];
  /** Index of the first segment that it covers. */
  readonly start: number;
  /** Index after its last segment; undefined when it ends with `**` and takes all that is left. */
  readonly end: number | undefined;
  /** Whether `%2F` stays as written: true unless the variable covers exactly one segment. */
  readonly multiSegment: boolean;
}

export interface PathTemplate {
  /** As the contract writes it. */
  readonly source: string;
  readonly segments: readonly TemplateSegment[];
  readonly variables: readonly TemplateVariable[];
  /** Decoded, without its colon. */
  readonly verb: string | undefined;
}

/** Parses a path template. Throws an Error with the reason and the position when it is not one. */
export function parseTemplate(source: string): PathTemplate {
  const parser = new TemplateParser(source);
  return parser.parse();
}

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;
const literalText = /^(?:[A-Za-z0-9\-._~!$&'()+,;=:@]|%[0-9A-Fa-f]{2})+$/;

class TemplateParser {
  readonly #source: string;
  readonly #segments: TemplateSegment[] = [];
  readonly #variables: TemplateVariable[] = [];
  #position = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): PathTemplate {
    if (!this.#source.startsWith("/")) throw this.#error("it must start with a slash");
    this.#position = 1;
    // The bare root has no segment at all; every other template has at least one.
    if (this.#source !== "/") this.#readSegments(undefined);
    const verb = this.#readVerb();
    return { source: this.#source, segments: this.#segments, variables: this.#variables, verb };
  }

  /** Reads segments up to the verb, the end, or the brace that closes the variable. */
  #readSegments(variable: string | undefined): void {
    for (;;) {
      if (this.#segments.at(-1)?.kind === "double-star") throw this.#error("nothing may follow **");
      if (this.#source[this.#position] === "{") this.#readVariable(variable);
      else this.#readPlainSegment(variable !== undefined);
      if (this.#source[this.#position] !== "/") return;
      this.#position++;
    }
  }

  #readVariable(outer: string | undefined): void {
    if (outer !== undefined) throw this.#error(`variable ${outer} holds another variable`);
    const start = this.#segments.length;
    this.#position++;
    const name = this.#take(/[^=}/{]*/y);
    const fieldPath = name.split(".");
    if (!fieldPath.every((part) => identifier.test(part))) throw this.#error(`"${name}" is not a field path`);
    if (this.#source[this.#position] === "=") {
      this.#position++;
      this.#readSegments(name);
    } else this.#segments.push({ kind: "star" });
    if (this.#source[this.#position] !== "}") throw this.#error(`variable ${name} is not closed`);
    this.#position++;
    if (/[^/:]/y.test(this.#source.slice(this.#position, this.#position + 1))) {
      throw this.#error("a variable must be a whole segment");
    }
    const open = this.#segments.at(-1)?.kind === "double-star";
    const length = this.#segments.length - start;
    this.#variables.push({
      fieldPath,
      start,
      end: open ? undefined : this.#segments.length,
      multiSegment: open || length !== 1,
    });
  }

  #readPlainSegment(inVariable: boolean): void {
    const text = this.#take(inVariable ? /[^/}]*/y : /[^/]*/y);
    // The last colon of the last segment starts the verb.
    const last = !inVariable && this.#position === this.#source.length;
    const colon = last ? text.lastIndexOf(":") : -1;
    if (colon >= 0) this.#position -= text.length - colon;
    this.#pushSegment(colon < 0 ? text : text.slice(0, colon));
  }

  #pushSegment(text: string): void {
    if (text === "*") this.#segments.push({ kind: "star" });
    else if (text === "**") this.#segments.push({ kind: "double-star" });
    else this.#segments.push({ kind: "literal", value: this.#literal(text) });
  }

  #readVerb(): string | undefined {
    if (this.#position === this.#source.length) return undefined;
    if (this.#source[this.#position] !== ":") throw this.#error("unexpected character");
    this.#position++;
    return this.#literal(this.#take(/.*/sy));
  }

  #literal(text: string): string {
    if (text === "") throw this.#error("an empty segment or verb");
    if (!literalText.test(text))
      throw this.#error(`"${text}" holds a character that must be percent-encoded`);
    const decoded = percentDecode(text);
    if (decoded === undefined) throw this.#error(`"${text}" is not percent-encoded UTF-8`);
    return decoded;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#position;
    const text = pattern.exec(this.#source)?.[0] ?? "";
    this.#position += text.length;
    return text;
  }

  #error(reason: string): Error {
    return new Error(`path template "${this.#source}", character ${this.#position + 1}: ${reason}`);
  }
}
