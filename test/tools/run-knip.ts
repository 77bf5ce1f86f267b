// knip reads sources through TypeScript's JavaScript API, which TypeScript 7 does not have any more: here it gets the
// TypeScript 5 that the generator of protobuf-es brings. Arguments are knip's.
//
// knip.json names what no import shows: programs and threads that are started by their path, Node itself, the
// generator that buf.gen.yaml calls, packages of which vendor-protos.ts copies .proto files, and one that is data.
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
