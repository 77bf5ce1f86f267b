// The engine that interprets the contracts' rules in CEL. Most messages never need it, and its packages are a twentieth of
// a start: they are loaded when the first one does, or soon after the start (see `loadRuleEngine`).
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Registry } from "@bufbuild/protobuf";
import type * as protovalidate from "@bufbuild/protovalidate";
import { regexMatch } from "./regex-match.ts";

const engines = new WeakMap<Registry, protovalidate.Validator>();
let loaded: typeof protovalidate | undefined;

/** The engine that knows the predefined rules of a registry. */
export function ruleEngine(registry: Registry): protovalidate.Validator {
  const known = engines.get(registry);
  if (known !== undefined) return known;
  const engine = loadRuleEngine().createValidator({ registry, regexMatch });
  engines.set(registry, engine);
  return engine;
}

/** Loads it at once, some 0.1 s on a slow core, so that no call has to. */
export function loadRuleEngine(): typeof protovalidate {
  // The module that `import` would give, and not the package's other form, which has descriptors of its own.
  const file = fileURLToPath(import.meta.resolve("@bufbuild/protovalidate"));
  loaded ??= createRequire(import.meta.url)(file) as typeof protovalidate;
  return loaded;
}
