import { after } from "node:test";
import { bothDatabases } from "../support/both-databases.ts";
import { testProcedures } from "./procedure-behaviour.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

for (const kind of databases.kinds) testProcedures(kind);
