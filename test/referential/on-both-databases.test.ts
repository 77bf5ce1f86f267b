import { after, describe } from "node:test";
import { bothDatabases } from "../support/both-databases.ts";
import { testImport } from "./import-behaviour.ts";
import { testInstitutionDirectory } from "./institution-behaviour.ts";
import { testSeeds } from "./seed-behaviour.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

for (const kind of databases.kinds) {
  describe(kind.name, () => {
    testImport(kind);
    testInstitutionDirectory(kind);
    testSeeds(kind);
  });
}
