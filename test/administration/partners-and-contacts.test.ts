import { after, describe } from "node:test";
import { bothDatabases } from "../support/both-databases.ts";
import { testAddressChanges } from "./address-behaviour.ts";
import { testContacts } from "./contact-behaviour.ts";
import { testContactGains } from "./contact-gain-behaviour.ts";
import { testPartners } from "./partner-behaviour.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

for (const kind of databases.kinds) {
  describe(`partners and their contacts, on ${kind.name}`, () => {
    testPartners(kind);
    testContacts(kind);
    testContactGains(kind);
    testAddressChanges(kind);
  });
}
