// `statut`: the operator's program, which src/statut.js starts.
import { systemClock } from "../clock.ts";
import { readConfig } from "../config.ts";
import { runCommand } from "./run-command.ts";

/** A reader that closed its end (`statut token list | head`) is no failure. */
function endQuietlyWhenUnread(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

const { argv, stdin, stdout, stderr } = process;
// Databases, their side files and lists of refused lines hold personal data: they are the service account's alone.
process.umask(0o077);
endQuietlyWhenUnread(stdout);
process.exitCode = await runCommand(argv.slice(2), {
  config: (forDemonstration) => readConfig(undefined, forDemonstration),
  clock: systemClock,
  ...{ stdin, stdout, stderr },
});
