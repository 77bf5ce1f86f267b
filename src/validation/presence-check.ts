import {
  create,
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { Edition } from "@bufbuild/protobuf/wkt";
import * as rules from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { setsOnly } from "./rule-fields.ts";

/** Ids of the rules that CEL finds broken. */
export type BrokenRules = (schema: DescMessage, message: Message) => readonly string[];

/** The verdicts are a table of 2^n entries. */
const maxFields = 6;

/**
 * The check of a message type's rules between fields, when they only ask which of them are present: CEL is asked once
 * for each combination, and its verdicts are kept. Undefined: the rules ask for more.
 */
export function compilePresenceCheck(
  desc: DescMessage,
  broken: BrokenRules,
): ((value: unknown) => boolean) | undefined {
  if (!hasOption(desc, rules.message)) return () => true;
  const ruled = getOption(desc, rules.message);
  if (!setsOnly(ruled, rules.MessageRulesSchema, "cel") || ruled.$unknown !== undefined) return undefined;
  const names = readFields(desc, ruled);
  if (names === undefined || names.length > maxFields) return undefined;
  const ids = new Set(ruled.cel.map(({ id }) => id));
  const verdicts = Array.from({ length: 2 ** names.length }, (_, mask) => {
    const present = names.filter((_, bit) => mask & (1 << bit)).map((name) => [name, "x"]);
    return !broken(desc, create(desc, Object.fromEntries(present))).some((id) => ids.has(id));
  });
  return (value) => verdicts[presenceMask(value as Readonly<Record<string, unknown>>, names)] === true;
}

function presenceMask(message: Readonly<Record<string, unknown>>, names: readonly string[]): number {
  let mask = 0;
  for (let bit = 0; bit < names.length; bit++) {
    if (message[names[bit] as string] !== undefined) mask |= 1 << bit;
  }
  return mask;
}

/** Local names of the fields whose presence the rules read; undefined when they read anything else. */
function readFields(desc: DescMessage, { cel }: rules.MessageRules): readonly string[] | undefined {
  const names = new Set<string>();
  for (const { expression } of cel) {
    if (!onlyOperators.test(expression.replace(hasField, ""))) return undefined;
    for (const [, name] of expression.matchAll(hasField)) {
      const field = desc.fields.find((candidate) => candidate.name === name);
      if (field === undefined || !isOptionalString(field)) return undefined;
      names.add(field.localName);
    }
  }
  return [...names];
}

const hasField = /\bhas\(this\.([a-z0-9_]+)\)/g;
const onlyOperators = /^[\s()!&|=]*$/;

/** In proto3, an absent field of this kind reads undefined. */
function isOptionalString(field: DescField): boolean {
  const optional = field.parent.file.edition === Edition.EDITION_PROTO3 && field.proto.proto3Optional;
  return optional && field.fieldKind === "scalar" && field.scalar === ScalarType.STRING;
}
