// What every operator command shares: where it reads its configuration, where it prints, and its exit codes.
import type { Command } from "commander";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";

/** Exit codes of all commands. */
export const exitCode = {
  done: 0,
  /** The command failed: nothing, or a part that it names, was done. */
  failed: 1,
  /** Bad arguments or configuration: nothing was done. */
  usage: 2,
  /** The work is done but for lines or items that were refused and reported. */
  refusals: 3,
} as const;

export interface CommandContext {
  /** Reads the configuration when a command needs it, so that help works without one. */
  readonly config: (forDemonstration?: boolean) => Config;
  readonly clock: Clock;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Sets the exit code of the process when it is not `done`. */
  readonly setExitCode: (code: number) => void;
}

/** Adds one command (or family) to the program. Every command offers `--json`: one JSON document per result line. */
export type AddCommand = (program: Command, context: CommandContext) => void;
