import { after, describe } from "node:test";
import { bothDatabases } from "../support/both-databases.ts";
import { testAudit } from "./audit-behaviour.ts";
import { testBreaches } from "./breach-behaviour.ts";
import { testContacts } from "./contact-behaviour.ts";
import { testHostileTexts } from "./hostile-behaviour.ts";
import { testOperators } from "./operator-behaviour.ts";
import { testPartners } from "./partner-behaviour.ts";
import { testTerms } from "./terms-behaviour.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

for (const kind of databases.kinds) {
  describe(`what people administer, on ${kind.name}`, () => {
    testPartners(kind);
    testContacts(kind);
    testTerms(kind);
    testBreaches(kind);
    testOperators(kind);
    testAudit(kind);
    testHostileTexts(kind);
  });
}
