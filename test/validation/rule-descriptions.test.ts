// Every rule that the contracts use has a French sentence, a pattern that this runtime can run and, where lookups
// need it, a native form.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  create,
  createRegistry,
  type DescFile,
  type DescMessage,
  getOption,
  hasOption,
  type Message,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import * as rules from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { file_statutetudiant_rules_v1_rules } from "../../src/gen/statutetudiant/rules/v1/rules_pb.ts";
import { nativeStringRules } from "../../src/validation/native-rules.ts";
import { regexMatch } from "../../src/validation/regex-match.ts";
import { validateMessage } from "../../src/validation/validate-message.ts";
import { describeRule, ruleDescriptions, uncleanTextRule } from "../../src/validation/violation-text.ts";

/** Every generated contract. */
const contracts: readonly DescFile[] = await readContracts();

async function readContracts(): Promise<DescFile[]> {
  const folder = join(import.meta.dirname, "../../src/gen");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith("_pb.ts"),
  );
  const modules = await Promise.all(files.map((name) => import(pathToFileURL(join(folder, name)).href)));
  return modules.flatMap((exported: object) =>
    Object.entries(exported)
      .filter(([name]) => name.startsWith("file_"))
      .map(([, file]) => file as DescFile),
  );
}

test("the generated contracts are found", () => {
  const names = contracts.map(({ name }) => name);
  for (const name of ["lookup", "token", "statistics"])
    assert.ok(names.includes(`statutetudiant/${name}/v1/${name}`));
});

const registry = createRegistry(file_statutetudiant_rules_v1_rules);

/** Ids of predefined rules, by the number of their extension of StringRules. */
function predefinedIds(string: rules.StringRules): string[] {
  return (string.$unknown ?? []).map(({ no }) => {
    const extension = registry.getExtensionFor(rules.StringRulesSchema, no);
    assert.ok(extension, `extension ${no}`);
    return getOption(extension, rules.predefined).cel[0]?.id ?? "";
  });
}

/** Names of the standard rules that a message of rules sets, as `string.min_len`. */
function standardIds(kind: string, message: Message, schema: DescMessage): string[] {
  return reflect(schema, message)
    .fields.filter((field) => reflect(schema, message).isSet(field) && field.name !== "items")
    .map((field) => `${kind}.${field.name}`);
}

function idsOf(ruled: rules.FieldRules): string[] {
  const custom = ruled.cel.map(({ id }) => id);
  const { type } = ruled;
  switch (type.case) {
    case undefined:
      return custom;
    case "string":
      return [
        ...custom,
        ...predefinedIds(type.value),
        ...standardIds("string", type.value, rules.StringRulesSchema),
      ];
    case "enum":
      return [...custom, ...standardIds("enum", type.value, rules.EnumRulesSchema)];
    case "repeated": {
      const items = type.value.items === undefined ? [] : idsOf(type.value.items);
      return [...custom, ...items, ...standardIds("repeated", type.value, rules.RepeatedRulesSchema)];
    }
    case "int32": {
      const ids = standardIds("int32", type.value, rules.Int32RulesSchema);
      // Two bounds are broken as one rule.
      const isRange = ids.includes("int32.gte") && ids.includes("int32.lte");
      return [...custom, ...(isRange ? ["int32.gte_lte"] : ids)];
    }
    default:
      return assert.fail(`no description for rules of ${type.case}`);
  }
}

function usedRules(): Set<string> {
  const used = new Set<string>();
  for (const message of contracts.flatMap(({ messages }) => messages)) {
    for (const { id } of getOption(message, rules.message).cel) used.add(id);
    for (const field of message.fields) {
      if (hasOption(field, rules.field)) for (const id of idsOf(getOption(field, rules.field))) used.add(id);
    }
  }
  return used;
}

test("the descriptions and the rules of the contracts are the same set", () => {
  const used = usedRules();
  used.add(uncleanTextRule);
  assert.deepEqual(Object.keys(ruleDescriptions).sort(), [...used].sort());
});

test("a rule without description still has a sentence", () => {
  assert.equal(describeRule("unknown"), "N'est pas conforme au contrat.");
});

test("every predefined rule has its native form", () => {
  const extensions = file_statutetudiant_rules_v1_rules.extensions.map(
    (extension) => getOption(extension, rules.predefined).cel[0]?.id ?? "",
  );
  assert.deepEqual(Object.keys(nativeStringRules).sort(), extensions.sort());
});

test("every message of the contracts can be judged", () => {
  for (const message of contracts.flatMap(({ messages }) => messages)) {
    assert.ok(Array.isArray(validateMessage(message, create(message))), message.typeName);
  }
});

test("patterns of RE2 mean the same here", () => {
  assert.ok(regexMatch("^[\\p{Latin}]$", "é") && !regexMatch("^[\\p{Latin}]$", "ж"));
  assert.ok(regexMatch("^\\P{Latin}$", "ж") && !regexMatch("^\\P{Latin}$", "é"));
  assert.ok(regexMatch("^\\p{^Latin}$", "ж") && !regexMatch("^\\p{^Latin}$", "é"));
  assert.ok(regexMatch("^\\p{L}\\p{Lu}$", "éÉ") && !regexMatch("^[^\\p{C}]*$", "a\0"));
  assert.ok(regexMatch("^.$", "😀"));
});
