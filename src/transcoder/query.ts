// Query parameters → fields.
import type { DescMessage, Message } from "@bufbuild/protobuf";
import { FieldPathError, type FieldTarget, fieldsByName, resolveFieldPath } from "./field-path.ts";
import { InvalidText } from "./field-text.ts";
import { queryDecode } from "./percent-decoding.ts";
import { invalidQuery, TranscodingError } from "./transcoding-error.ts";

/** Whether a parameter that names no field is an error. */
export type UnknownQueryParameters = "reject" | "ignore";

/** What a parameter name leads to: a field, a refusal, or nothing at all. */
type Resolution =
  | { readonly target: FieldTarget }
  | {
      readonly target: undefined;
      readonly path: string;
      readonly refusal: string;
      readonly unknown: boolean;
    };

export interface QueryPlan {
  readonly desc: DescMessage;
  /** Top-level names, resolved at start. */
  readonly names: ReadonlyMap<string, Resolution>;
  readonly boundByPath: readonly string[];
  /** Name of the body field, `*` for all. */
  readonly body: string | undefined;
  readonly unknown: UnknownQueryParameters;
  /** Oneofs of which the path or the body already sets a member: `.oneof` → that member. */
  readonly taken: ReadonlyMap<string, string>;
}

/** Compiles how parameters bind to a message, beside the fields that the template and the body bind. */
export function compileQuery(
  desc: DescMessage,
  pathTargets: readonly FieldTarget[],
  body: string | undefined,
  unknown: UnknownQueryParameters,
): QueryPlan {
  const names = new Map<string, Resolution>();
  const taken = new Map<string, string>();
  for (const { oneof, path } of pathTargets) if (oneof !== undefined) taken.set(`.${oneof}`, path);
  const bodyOneof = desc.fields.find((field) => field.name === body)?.oneof;
  if (bodyOneof !== undefined && body !== undefined) taken.set(`.${bodyOneof.name}`, body);
  const plan = { desc, names, boundByPath: pathTargets.map(({ path }) => path), body, unknown, taken };
  for (const name of fieldsByName(desc).keys()) names.set(name, resolve(plan, [name]));
  return plan;
}

/** Reads a raw query string (without its question mark) into a message. Throws `invalid_query`. */
export function readQuery(plan: QueryPlan, query: string, message: Message): void {
  const seen = new Map(plan.taken);
  for (let start = 0; start < query.length; ) {
    const found = query.indexOf("&", start);
    const end = found < 0 ? query.length : found;
    if (end > start) readParameter(plan, query, start, end, message, seen);
    start = end + 1;
  }
}

function readParameter(
  plan: QueryPlan,
  query: string,
  start: number,
  end: number,
  message: Message,
  seen: Map<string, string>,
): void {
  const equals = query.indexOf("=", start);
  const nameEnd = equals < 0 || equals > end ? end : equals;
  const name = decode(query.slice(start, nameEnd), undefined);
  const resolution = plan.names.get(name) ?? resolve(plan, name.split("."));
  const { target } = resolution;
  if (target === undefined) {
    if (resolution.unknown && plan.unknown === "ignore") return;
    throw invalidQuery(resolution.path, resolution.refusal);
  }
  noteOnce(target, seen);
  const value = decode(query.slice(Math.min(nameEnd + 1, end), end), target.path);
  try {
    target.put(message, target.read(value));
  } catch (error) {
    if (error instanceof InvalidText) throw invalidQuery(target.path, error.message);
    throw error;
  }
}

/** Throws when a singular field, or a oneof, comes a second time. */
function noteOnce({ path, repeated, oneof }: FieldTarget, seen: Map<string, string>): void {
  if (repeated) return;
  if (seen.has(path)) throw invalidQuery(path, "is given more than once");
  seen.set(path, path);
  if (oneof === undefined) return;
  // A leading dot keeps the names of oneofs apart from those of fields.
  const rival = seen.get(`.${oneof}`);
  if (rival !== undefined) throw invalidQuery(path, `excludes ${rival}`);
  seen.set(`.${oneof}`, path);
}

function resolve(plan: QueryPlan, names: readonly string[]): Resolution {
  const top = fieldsByName(plan.desc).get(names[0] ?? "");
  const path = printable(names.join("."));
  if (top !== undefined && (plan.body === "*" || plan.body === top.name)) {
    return refusal(path, "is given by the body, not by the query");
  }
  try {
    const target = resolveFieldPath(plan.desc, names);
    if (plan.boundByPath.includes(target.path))
      return refusal(target.path, "is given by the path, not by the query");
    return { target };
  } catch (error) {
    if (!(error instanceof FieldPathError)) throw error;
    return { target: undefined, path, refusal: error.message, unknown: error.unknown };
  }
}

function refusal(path: string, reason: string): Resolution {
  return { target: undefined, path, refusal: reason, unknown: false };
}

function decode(text: string, path: string | undefined): string {
  const decoded = queryDecode(text);
  if (decoded !== undefined) return decoded;
  if (path !== undefined) throw invalidQuery(path, "is not percent-encoded UTF-8");
  throw new TranscodingError("invalid_query", "the name of a query parameter is not percent-encoded UTF-8");
}

/** Names that the caller made up are cut, and stripped of what could break a line of a log. */
function printable(name: string): string {
  const clean = name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
  return clean.length > 100 ? `${clean.slice(0, 100)}…` : clean;
}
