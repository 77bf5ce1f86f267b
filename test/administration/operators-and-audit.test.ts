import { after, describe } from "node:test";
import { bothDatabases } from "../support/both-databases.ts";
import { testAudit } from "./audit-behaviour.ts";
import { testHostileTexts } from "./hostile-behaviour.ts";
import { testOperators } from "./operator-behaviour.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

for (const kind of databases.kinds) {
  describe(`operators and the audit log, on ${kind.name}`, () => {
    testOperators(kind);
    testAudit(kind);
    testHostileTexts(kind);
  });
}
