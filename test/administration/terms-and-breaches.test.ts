import { after, describe } from "node:test";
import { bothDatabases } from "../support/both-databases.ts";
import { testBreaches } from "./breach-behaviour.ts";
import { testTerms } from "./terms-behaviour.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

for (const kind of databases.kinds) {
  describe(`terms and breaches, on ${kind.name}`, () => {
    testTerms(kind);
    testBreaches(kind);
  });
}
