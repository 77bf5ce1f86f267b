import { type ServiceError, serviceError } from "../../errors.ts";
import { type Exchange, readBody } from "../../request/exchange.ts";

/** The fields of a submitted form. */
export interface Form {
  /** Value of a field, spaces at its ends taken away; empty when it is absent. */
  text(name: string): string;
  /** As `text`; undefined when it is empty. */
  optional(name: string): string | undefined;
  /** Values of a field that stands several times, as boxes that are ticked. */
  all(name: string): string[];
  /** As `all`, for the numbers of an enum of the contracts, whose rules refuse what is none. */
  numbers<Enum extends number>(name: string): Enum[];
  /** Whether a box is ticked. */
  has(name: string): boolean;
  /**
   * A whole number; 0 when it is empty, which contracts take for "as usual", and -1 for what is none, which their rules
   * refuse: "6 mois" must not become 0.
   */
  number(name: string): number;
  /** As `number`, and -1 for an empty field too. */
  givenNumber(name: string): number;
  /**
   * A day, YYYY-MM-DD; undefined when it is empty. Errors: `invalid_request` for what is no day: browsers that know no
   * such field send what was typed, which must not count as nothing.
   */
  day(name: string): string | undefined;
  /** Non-empty lines of a text of several lines. */
  lines(name: string): string[];
}

const maxFormBytes = 65_536;
const maxFields = 200;

/** Reads a form as browsers send it. Errors: `media_type_unsupported`, `request_too_large`, `unreadable_request`. */
export async function readForm(exchange: Exchange): Promise<Form> {
  const [type = ""] = (exchange.headers["content-type"] ?? "").split(";");
  if (type.trim().toLowerCase() !== "application/x-www-form-urlencoded") {
    throw serviceError("media_type_unsupported");
  }
  const body = Buffer.from(await readBody(exchange, maxFormBytes)).toString("utf8");
  const fields = new URLSearchParams(body);
  if (fields.size > maxFields) throw serviceError("unreadable_request");
  return toForm(fields);
}

export function toForm(fields: URLSearchParams): Form {
  const text = (name: string) => clean(fields.get(name) ?? "");
  return {
    text,
    optional: (name) => text(name) || undefined,
    all: (name) => fields.getAll(name).map(clean),
    numbers: <Enum extends number>(name: string) =>
      fields.getAll(name).map((one) => toInteger(one, noNumber)) as Enum[],
    has: (name) => fields.has(name),
    number: (name) => (text(name) === "" ? 0 : toInteger(text(name), noNumber)),
    givenNumber: (name) => toInteger(text(name), noNumber),
    day: (name) => readDay(name, text(name)),
    lines: (name) =>
      text(name)
        .split(/[\n,;]/)
        .map((line) => line.trim())
        .filter((line) => line !== ""),
  };
}

/** Refuses an action whose box of confirmation is not ticked, with `invalid_request`. */
export function requireConfirmation(form: Form): void {
  if (form.has("confirmation")) return;
  throw badField("confirmation", "Cochez la case pour confirmer.");
}

function readDay(field: string, text: string): string | undefined {
  if (text === "") return undefined;
  const instant = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // Date.parse takes 31 February for a day of March.
  if (!Number.isNaN(instant) && new Date(instant).toISOString().startsWith(text)) return text;
  throw badField(field, "Doit être une date, comme 2026-12-31.");
}

function badField(field: string, description: string): ServiceError {
  return serviceError("invalid_request", { violations: [{ field, description }] });
}

/** No number of a contract is negative. */
const noNumber = -1;

function toInteger(text: string, otherwise: number): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
}

/** Browsers send line ends as CR LF; contracts take texts without control characters. */
function clean(value: string): string {
  return value.replaceAll("\r\n", "\n").trim();
}
