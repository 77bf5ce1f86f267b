import {
  createRegistry,
  type DescField,
  type DescMessage,
  getExtension,
  getOption,
  hasOption,
  type Message,
  type MessageShape,
} from "@bufbuild/protobuf";
import { type Path, pathToString, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import type { Violation } from "@bufbuild/protovalidate";
import * as rules from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { type FieldViolation, serviceError } from "../errors.ts";
import { file_statutetudiant_rules_v1_rules, lines } from "../gen/statutetudiant/rules/v1/rules_pb.ts";
import { compileQuickCheck, type QuickCheck } from "./quick-check.ts";
import { ruleEngine } from "./rule-engine.ts";
import { isCleanLines, isCleanText } from "./text-quality.ts";
import { describeRule, uncleanTextRule } from "./violation-text.ts";

const registry = createRegistry(file_statutetudiant_rules_v1_rules);
const quickChecks = new Map<DescMessage, QuickCheck>();
const noViolations: FieldViolation[] = [];

/**
 * Checks a message against the rules of its contract and its texts for control characters and broken encoding.
 * Returns one violation for each bad field, in French, which never repeats the value. A rule that cannot be
 * evaluated is a fault of ours: `internal`.
 */
export function validateMessage<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
): FieldViolation[] {
  let quickCheck = quickChecks.get(schema);
  if (quickCheck === undefined) {
    quickCheck = compileQuickCheck(schema, registry, (desc, value) =>
      judge(desc, value).map(({ ruleId }) => ruleId),
    );
    quickChecks.set(schema, quickCheck);
  }
  return quickCheck(message) ? noViolations : explain(schema, message);
}

function explain(schema: DescMessage, message: Message): FieldViolation[] {
  const byField = new Map<string, FieldViolation>();
  const add = (violation: FieldViolation) => {
    if (!byField.has(violation.field)) byField.set(violation.field, violation);
  };
  for (const field of uncleanFields(reflect(schema, message), [])) {
    add({ field: fieldName(field), description: describeRule(uncleanTextRule), rule: uncleanTextRule });
  }
  for (const violation of judge(schema, message)) add(toFieldViolation(schema, violation));
  return [...byField.values()];
}

function judge(schema: DescMessage, message: Message): readonly Violation[] {
  const result = ruleEngine(registry).validate(schema, message);
  if (result.kind === "error") throw serviceError("internal", { cause: result.error });
  return result.violations ?? [];
}

function toFieldViolation(schema: DescMessage, { field, ruleId }: Violation): FieldViolation {
  return {
    field: fieldName(field) || subjectOf(schema, ruleId),
    description: describeRule(ruleId),
    rule: ruleId,
  };
}

/** The path as the contract writes it. A map's key is the caller's data: it is left out. */
function fieldName(path: Path): string {
  return pathToString(path.filter(({ kind }) => kind !== "map_sub"));
}

/** A rule of a whole message is named after the field that it is about. */
function subjectOf(schema: DescMessage, ruleId: string): string {
  const [name = ""] = ruleId.split(".");
  return schema.fields.some((field) => field.name === name) ? name : "";
}

/** Paths of the texts that no field may hold. */
function* uncleanFields(message: ReflectMessage, parent: Path): Generator<Path> {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const path: Path = [...parent, field];
    const isClean = allowsLines(field) ? isCleanLines : isCleanText;
    for (const [value, place] of valuesOf(message, field)) {
      if (typeof value === "string") {
        if (!isClean(value)) yield [...path, ...place];
      } else if (isReflectMessage(value)) yield* uncleanFields(value, [...path, ...place]);
    }
  }
}

/** Whether the field's contract says that its text has several lines. */
function allowsLines(field: DescField): boolean {
  if (!hasOption(field, rules.field)) return false;
  const { type } = getOption(field, rules.field);
  return type.case === "string" && getExtension(type.value, lines);
}

function* valuesOf(
  message: ReflectMessage,
  field: ReflectMessage["fields"][number],
): Generator<[value: unknown, place: Path]> {
  switch (field.fieldKind) {
    case "list": {
      let index = 0;
      for (const item of message.get(field)) yield [item, [{ kind: "list_sub", index: index++ }]];
      return;
    }
    case "map":
      for (const [key, value] of message.get(field)) {
        yield [key, []];
        yield [value, []];
      }
      return;
    default:
      yield [message.get(field), []];
  }
}

function isReflectMessage(value: unknown): value is ReflectMessage {
  return typeof value === "object" && value !== null && "fields" in value && "isSet" in value;
}
