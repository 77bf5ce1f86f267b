import { after, describe } from "node:test";
import { bothDatabases } from "../support/both-databases.ts";
import { testNotices } from "./notice-behaviour.ts";
import { testTokenLetters } from "./token-letters-behaviour.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

for (const kind of databases.kinds) {
  describe(kind.name, () => {
    testNotices(kind);
    testTokenLetters(kind);
  });
}
