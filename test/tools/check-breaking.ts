// Fails when the contracts break those that partners have: what stands on the main branch or, on the main branch
// itself, what stood there one commit ago. Foreign contracts are not in git: both sides get today's.
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fromRoot, requireProgram, runProgram, withTemporaryFolder } from "./repository.ts";

const baseline = findBaseline();
if (baseline === undefined) {
  process.stdout.write("nothing to compare with: no older commit is at hand\n");
} else {
  process.exitCode = compareWith(baseline);
}

/** The last commit that this work shares with the main branch and that is not its own head. */
function findBaseline(): string | undefined {
  const head = resolveCommit("HEAD");
  const main = resolveCommit("refs/heads/main") ?? resolveCommit("refs/remotes/origin/main") ?? head;
  if (head === undefined || main === undefined) return undefined;
  const base = runProgram("git", ["merge-base", head, main]).output.trim();
  return base === head ? resolveCommit("HEAD^") : base || undefined;
}

function resolveCommit(name: string): string | undefined {
  const { status, stdout } = runProgram("git", ["rev-parse", "--verify", "--quiet", `${name}^{commit}`]);
  return status === 0 ? stdout.toString().trim() : undefined;
}

function compareWith(commit: string): number {
  return withTemporaryFolder((folder) => {
    const archive = join(folder, "proto.tar");
    writeFileSync(archive, requireProgram("git", ["archive", commit, "proto"]));
    requireProgram("tar", ["-xf", archive, "-C", folder]);
    cpSync(fromRoot("third_party"), join(folder, "third_party"), { recursive: true });
    cpSync(fromRoot("buf.yaml"), join(folder, "buf.yaml"));
    const { status, output } = runProgram("buf", ["breaking", "--against", folder]);
    if (status === 0) return 0;
    process.stderr.write(`${output}\nproto/ breaks the contracts of ${commit.slice(0, 12)}.\n`);
    return 1;
  });
}
