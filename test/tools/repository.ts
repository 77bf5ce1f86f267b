// Where the repository is, and the programs that its checks run.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** An absolute path from one inside the repository. */
export function fromRoot(...path: string[]): string {
  return join(root, ...path);
}

/** The environment in which the programs of `node_modules` are found first, this very Node included. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  const path = [fromRoot("node_modules/.bin"), process.env["PATH"]].join(delimiter);
  return { ...process.env, PATH: path };
}

export interface ProgramResult {
  readonly status: number | null;
  readonly stdout: Buffer;
  /** Standard output and standard error, as text. */
  readonly output: string;
}

/** Runs a program in the repository to its end. Throws when it cannot be started. */
export function runProgram(command: string, arguments_: readonly string[], cwd = root): ProgramResult {
  const { status, stdout, stderr, error } = spawnSync(command, arguments_, {
    cwd,
    env: toolEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  return { status, stdout, output: `${stdout}${stderr}` };
}

/** Like runProgram, for what must succeed: throws with the program's output otherwise. */
export function requireProgram(command: string, arguments_: readonly string[], cwd = root): Buffer {
  const { status, stdout, output } = runProgram(command, arguments_, cwd);
  if (status !== 0) throw new Error(`${command} ${arguments_.join(" ")} ended with ${status}:\n${output}`);
  return stdout;
}

/** Runs `work` with a temporary folder that is gone afterwards. */
export function withTemporaryFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "statut-check-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
