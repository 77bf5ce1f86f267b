import { randomBytes } from "node:crypto";
import { closeSync, openSync, realpathSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ConfigError } from "../config.ts";
import type { ImportProblem } from "../referential/import-problem.ts";

/**
 * The lines that an import refused, as newline-delimited JSON: line number, field and reason, and nothing of the
 * lines themselves, which hold personal data. It is written under another name beside it and takes its own, or
 * removes the list of an earlier import, when the import has ended well or not: see `close`.
 */
export class RejectFile {
  readonly path: string;
  #descriptor: number | undefined;

  readonly #temporary: string;
  #settled = false;

  /** Touches nothing. `input` is the file that is imported, if any; the same file is refused with a ConfigError. */
  constructor(path: string, input: string | undefined) {
    if (input !== undefined && realPath(path) === realPath(input)) {
      throw new ConfigError("--rejects names the file that is imported");
    }
    this.path = path;
    this.#temporary = `${path}.${randomBytes(4).toString("hex")}.partial`;
  }

  /** Whether anything was refused. */
  get exists(): boolean {
    return this.#descriptor !== undefined;
  }

  write(problems: readonly ImportProblem[]): void {
    this.#descriptor ??= openSync(this.#temporary, "wx", 0o600);
    writeSync(this.#descriptor, problems.map((problem) => `${JSON.stringify(problem)}\n`).join(""));
  }

  /** The import has read its input: this list replaces an earlier one, which goes too when nothing was refused. */
  settle(): void {
    this.#settled = true;
  }

  /** An import that failed keeps what it refused, if anything, and an earlier list otherwise. */
  close(): void {
    if (this.#descriptor !== undefined) {
      closeSync(this.#descriptor);
      renameSync(this.#temporary, this.path);
    } else if (this.#settled) rmSync(this.path, { force: true });
  }
}

/** Through links; a file that is not there yet is named by its folder. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    try {
      return join(realpathSync(dirname(path)), basename(path));
    } catch {
      return path;
    }
  }
}
