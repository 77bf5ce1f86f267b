// Writes the documents that come from the code; with --check, fails when one is not what the code says.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { documents } from "./documents.ts";
import { fromRoot } from "./repository.ts";

const check = process.argv[2] === "--check";

for (const [path, write] of Object.entries(documents)) {
  const file = fromRoot(path);
  const wanted = write();
  if (existsSync(file) && readFileSync(file, "utf8") === wanted) continue;
  if (check) {
    process.stderr.write(`${path} is not what the code says: run \`npm run docs\` and commit it.\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, wanted);
    process.stdout.write(`wrote ${path}\n`);
  }
}
