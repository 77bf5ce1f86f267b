import { after } from "node:test";
import { bothDatabases } from "../support/both-databases.ts";
import { testNotices } from "./notice-behaviour.ts";
import { testProlongation } from "./prolong-behaviour.ts";
import { testSharedTokens } from "./shared-token-behaviour.ts";
import { testTokens } from "./token-behaviour.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

for (const kind of databases.kinds) {
  testTokens(kind);
  testSharedTokens(kind);
  testProlongation(kind);
  testNotices(kind);
}
