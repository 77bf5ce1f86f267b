import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import type { ImportProblem } from "../referential/import-problem.ts";

/**
 * The lines that an import refused, as newline-delimited JSON: line number, field and reason, and nothing of the
 * lines themselves, which hold personal data. It is made with the first of them; one of an earlier import goes.
 */
export class RejectFile {
  readonly path: string;
  #descriptor: number | undefined;

  constructor(path: string) {
    this.path = path;
    rmSync(path, { force: true });
  }

  /** Whether anything was refused. */
  get exists(): boolean {
    return this.#descriptor !== undefined;
  }

  write(problems: readonly ImportProblem[]): void {
    this.#descriptor ??= openSync(this.path, "wx", 0o600);
    writeSync(this.#descriptor, problems.map((problem) => `${JSON.stringify(problem)}\n`).join(""));
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }
}
