// knip reads sources through TypeScript's JavaScript API, which TypeScript 7 does not have any more: here it gets the
// TypeScript 5 that the generator of protobuf-es brings. Arguments are knip's.
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { fromRoot } from "./repository.ts";

const bearer = pathToFileURL(fromRoot("node_modules/@bufbuild/protoplugin/package.json")).href;

registerHooks({
  resolve(specifier, context, next) {
    return next(specifier, specifier === "typescript" ? { ...context, parentURL: bearer } : context);
  },
});

await import(pathToFileURL(fromRoot("node_modules/knip/bin/knip.js")).href);
