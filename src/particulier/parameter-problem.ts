// What is wrong with a parameter, in one French sentence that names it and never repeats its value.
import type { DescMessage } from "@bufbuild/protobuf";
import type { FieldViolation } from "../errors.ts";

/** Says what a parameter must be, where the rule alone would only say that it is not. */
export type Expectations = Readonly<Record<string, string>>;

/** Contract names of parameters by field name, of all these requests. */
export function parameterNames(requests: readonly DescMessage[]): ReadonlyMap<string, string> {
  return new Map(requests.flatMap(({ fields }) => fields.map(({ name, jsonName }) => [name, jsonName])));
}

/** The parameter that a violation is about, under the name that the contract documents. */
export function parameterOf({ field }: FieldViolation, names: ReadonlyMap<string, string>): string {
  return names.get(field.replace(/\[\d+\]$/, "")) ?? field;
}

/** The sentence about a violation. */
export function describeProblem(
  parameter: string,
  { description, rule }: FieldViolation,
  expectations: Expectations,
): string {
  const expected = expectations[parameter];
  if (rule === undefined) return `Le paramètre ${parameter} est illisible ou donné plusieurs fois.`;
  if (expected !== undefined && bareRules.has(rule)) return `Le paramètre ${parameter} ${expected}.`;
  return `Le paramètre ${parameter} ${description.charAt(0).toLowerCase()}${description.slice(1)}`;
}

const bareRules: ReadonlySet<string> = new Set(["string.pattern", "string.max_len"]);
