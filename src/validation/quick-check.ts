// Checks that a message is valid without interpreting CEL: compiled once for each type from the options of its
// descriptor, so that no list of fields exists beside the contract. "No" only means that CEL must judge.
import {
  create,
  type DescField,
  type DescMessage,
  getExtension,
  getOption,
  hasOption,
  isFieldSet,
  type Message,
  type Registry,
  ScalarType,
} from "@bufbuild/protobuf";
import * as rules from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { hasAtLeast, hasAtMost, nativeStringRules } from "./native-rules.ts";
import { regexMatch } from "./regex-match.ts";
import { isCleanText } from "./text-quality.ts";

/** Whether the value is certainly valid. */
export type QuickCheck = (value: unknown) => boolean;

/** Ids of the rules that CEL finds broken. */
export type BrokenRules = (schema: DescMessage, message: Message) => readonly string[];

const never: QuickCheck = () => false;
const always: QuickCheck = () => true;

/** Compiles the check of a message type. `broken` is asked once for each shape of a rule between fields. */
export function compileQuickCheck(schema: DescMessage, registry: Registry, broken: BrokenRules): QuickCheck {
  const checks = new Map<string, QuickCheck>();
  return compileMessage(schema);

  function compileMessage(desc: DescMessage): QuickCheck {
    const known = checks.get(desc.typeName);
    if (known !== undefined) return known;
    // A type that contains itself finds this, which finds the check once it is made.
    checks.set(desc.typeName, (value) => (checks.get(desc.typeName) as QuickCheck)(value));
    const check = isSpecial(desc) ? never : both(compilePresence(desc, broken), compileFields(desc));
    checks.set(desc.typeName, check);
    return check;
  }

  function compileFields(desc: DescMessage): QuickCheck {
    const fields = desc.fields
      .map((field) => ({ name: field.localName, check: compileField(field) }))
      .filter(({ check }) => check !== always);
    return (value) => {
      const message = value as Readonly<Record<string, unknown>>;
      for (let index = 0; index < fields.length; index++) {
        const { name, check } = fields[index] as (typeof fields)[number];
        const field = message[name];
        if (field !== undefined && !check(field)) return false;
      }
      return true;
    };
  }

  function compileField(field: DescField): QuickCheck {
    const ruled = hasOption(field, rules.field) ? getOption(field, rules.field) : undefined;
    switch (field.fieldKind) {
      case "message":
        return ruled === undefined ? compileMessage(field.message) : never;
      case "map":
        return never;
      case "list":
        return compileList(field, ruled);
      case "enum":
        return compileEnum(
          field.enum.values.map(({ number }) => number),
          ruled,
        );
      case "scalar":
        return compileScalar(field.scalar, ruled);
    }
  }

  function compileList(
    field: DescField & { fieldKind: "list" },
    ruled: rules.FieldRules | undefined,
  ): QuickCheck {
    const item = (itemRules: rules.FieldRules | undefined): QuickCheck => {
      if (field.listKind === "message")
        return itemRules === undefined ? compileMessage(field.message) : never;
      if (field.listKind === "enum")
        return compileEnum(
          field.enum.values.map(({ number }) => number),
          itemRules,
        );
      return compileScalar(field.scalar, itemRules);
    };
    if (ruled === undefined) return each(item(undefined), 0, Number.POSITIVE_INFINITY);
    const repeated = rulesOf(ruled, "repeated");
    if (
      repeated === undefined ||
      !sets(repeated, rules.RepeatedRulesSchema, "min_items", "max_items", "items")
    ) {
      return never;
    }
    const minimum = Number(repeated.minItems);
    const maximum = isFieldSet(repeated, rules.RepeatedRulesSchema.field.maxItems)
      ? Number(repeated.maxItems)
      : Number.POSITIVE_INFINITY;
    return each(item(repeated.items), minimum, maximum);
  }

  function compileScalar(scalar: ScalarType, ruled: rules.FieldRules | undefined): QuickCheck {
    if (scalar !== ScalarType.STRING) return ruled === undefined ? always : never;
    const clean: QuickCheck = (value) => isCleanText(value as string);
    if (ruled === undefined) return clean;
    const string = rulesOf(ruled, "string");
    if (string === undefined || !sets(string, rules.StringRulesSchema, "min_len", "max_len", "pattern"))
      return never;
    const predefined = compilePredefined(string);
    // The native rules let no unclean text pass (tested), so that it need not be looked for again.
    return predefined === always
      ? both(clean, compileStandard(string))
      : both(predefined, compileStandard(string));
  }

  function compilePredefined(string: rules.StringRules): QuickCheck {
    let check = always;
    for (const { no } of string.$unknown ?? []) {
      const extension = registry.getExtensionFor(rules.StringRulesSchema, no);
      if (extension === undefined) return never;
      const { cel } = getOption(extension, rules.predefined);
      const native = cel.length === 1 ? nativeStringRules[cel[0]?.id ?? ""] : undefined;
      if (native === undefined || getExtension(string, extension) !== true) return never;
      check = both(check, native as QuickCheck);
    }
    return check;
  }
}

/** Types whose values the runtime keeps in another shape than one property for each field. */
function isSpecial(desc: DescMessage): boolean {
  return desc.oneofs.length > 0 || desc.typeName.startsWith("google.protobuf.");
}

/** The rules of one kind, when the field has no others. */
function rulesOf<Kind extends "string" | "repeated" | "enum">(ruled: rules.FieldRules, kind: Kind) {
  const { type, ...rest } = ruled;
  const plain = rest.cel.length === 0 && rest.celExpression.length === 0 && rest.$unknown === undefined;
  const alone = plain && !isFieldSet(ruled, rules.FieldRulesSchema.field.required);
  if (!alone || isFieldSet(ruled, rules.FieldRulesSchema.field.ignore) || type.case !== kind)
    return undefined;
  return type.value as Extract<rules.FieldRules["type"], { case: Kind }>["value"];
}

/** Whether a message of rules sets no other field than these. */
function sets(message: Message, schema: DescMessage, ...names: readonly string[]): boolean {
  return schema.fields.every((field) => names.includes(field.name) || !isFieldSet(message, field));
}

function compileStandard(string: rules.StringRules): QuickCheck {
  const { minLen, maxLen, pattern } = rules.StringRulesSchema.field;
  let check = always;
  if (isFieldSet(string, minLen)) {
    const minimum = Number(string.minLen);
    check = both(check, (value) => hasAtLeast(value as string, minimum));
  }
  if (isFieldSet(string, maxLen)) {
    const maximum = Number(string.maxLen);
    check = both(check, (value) => hasAtMost(value as string, maximum));
  }
  if (isFieldSet(string, pattern)) {
    const written = string.pattern;
    check = both(check, (value) => regexMatch(written, value as string));
  }
  return check;
}

function compileEnum(defined: readonly number[], ruled: rules.FieldRules | undefined): QuickCheck {
  if (ruled === undefined) return always;
  const enums = rulesOf(ruled, "enum");
  if (enums === undefined || !sets(enums, rules.EnumRulesSchema, "defined_only", "not_in")) return never;
  if (enums.$unknown !== undefined || !enums.definedOnly) return never;
  const allowed = new Set(defined.filter((number) => !enums.notIn.includes(number)));
  return (value) => allowed.has(value as number);
}

function each(check: QuickCheck, minimum: number, maximum: number): QuickCheck {
  return (value) => {
    const items = value as readonly unknown[];
    if (items.length < minimum || items.length > maximum) return false;
    for (let index = 0; index < items.length; index++) if (!check(items[index])) return false;
    return true;
  };
}

function both(first: QuickCheck, second: QuickCheck): QuickCheck {
  if (first === always || second === never) return second;
  if (second === always || first === never) return first;
  return (value) => first(value) && second(value);
}

/**
 * Rules between fields that only ask which of them are present: CEL is asked once for each combination, and its
 * verdicts are kept.
 */
function compilePresence(desc: DescMessage, broken: BrokenRules): QuickCheck {
  if (!hasOption(desc, rules.message)) return always;
  const ruled = getOption(desc, rules.message);
  const onlyCel = sets(ruled, rules.MessageRulesSchema, "cel") && ruled.$unknown === undefined;
  const read = onlyCel ? ruled.cel.map(({ expression }) => fieldsOfPresenceRule(expression)) : [undefined];
  const names = [...new Set(read.flatMap((each) => each ?? [""]))];
  const fields = names.map((name) =>
    desc.fields.find((field) => field.name === name && isOptionalString(field)),
  );
  if (names.length > maxPresenceFields || fields.includes(undefined)) return never;
  const locals = fields.map((field) => (field as DescField).localName);
  const ids = new Set(ruled.cel.map(({ id }) => id));
  const valid = Array.from({ length: 2 ** locals.length }, (_, mask) => {
    const message = create(
      desc,
      Object.fromEntries(locals.filter((_, bit) => mask & (1 << bit)).map((name) => [name, "x"])),
    );
    return !broken(desc, message).some((id) => ids.has(id));
  });
  return (value) => {
    const message = value as Readonly<Record<string, unknown>>;
    let mask = 0;
    for (let bit = 0; bit < locals.length; bit++) {
      if (message[locals[bit] as string] !== undefined) mask |= 1 << bit;
    }
    return valid[mask] === true;
  };
}

const maxPresenceFields = 6;

function isOptionalString(field: DescField): boolean {
  return (
    field.fieldKind === "scalar" &&
    field.scalar === ScalarType.STRING &&
    field.oneof === undefined &&
    field.parent.file.edition === proto3 &&
    field.proto.proto3Optional
  );
}

/** google.protobuf.Edition.EDITION_PROTO3: there, an absent optional field reads undefined. */
const proto3 = 999;

/** The fields whose presence the expression reads; undefined when it reads anything else. */
function fieldsOfPresenceRule(expression: string): readonly string[] | undefined {
  const names = [...expression.matchAll(hasField)].map(([, name]) => name as string);
  return /^[\s()!&|=]*$/.test(expression.replace(hasField, "")) ? names : undefined;
}

const hasField = /\bhas\(this\.([a-z0-9_]+)\)/g;
