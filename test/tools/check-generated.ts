// Fails when src/gen is not what proto/ generates, and shows the difference.
import { join } from "node:path";
import { fromRoot, requireProgram, runProgram, withTemporaryFolder } from "./repository.ts";

process.exitCode = withTemporaryFolder((folder) => {
  requireProgram("buf", ["generate", "--output", folder]);
  const generated = join(folder, "src/gen");
  const { status, output } = runProgram("git", [
    "diff",
    "--no-index",
    "--exit-code",
    fromRoot("src/gen"),
    generated,
  ]);
  if (status === 0) return 0;
  process.stderr.write(
    `${output}\nsrc/gen differs from the contracts: run \`npm run protos\` and commit it.\n`,
  );
  return 1;
});
