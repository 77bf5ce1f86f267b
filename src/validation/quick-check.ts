// Checks that a message is valid without interpreting CEL: compiled once for each type from the options of its
// descriptor, so that no list of fields exists beside the contract. "No" only means that CEL must judge.
import {
  type DescField,
  type DescMessage,
  getExtension,
  getOption,
  hasOption,
  isFieldSet,
  type Registry,
  ScalarType,
} from "@bufbuild/protobuf";
import * as rules from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { hasAtLeast, hasAtMost, nativeStringRules } from "./native-rules.ts";
import { type BrokenRules, compilePresenceCheck } from "./presence-check.ts";
import { regexMatch } from "./regex-match.ts";
import { setsOnly } from "./rule-fields.ts";
import { isCleanText } from "./text-quality.ts";

/** Whether the value is certainly valid. */
export type QuickCheck = (value: unknown) => boolean;

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
    const check = isSpecial(desc)
      ? never
      : both(compilePresenceCheck(desc, broken) ?? never, compileFields(desc));
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
      !setsOnly(repeated, rules.RepeatedRulesSchema, "min_items", "max_items", "items")
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
    if (string === undefined || !setsOnly(string, rules.StringRulesSchema, "min_len", "max_len", "pattern"))
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
  if (enums === undefined || !setsOnly(enums, rules.EnumRulesSchema, "defined_only", "not_in")) return never;
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
