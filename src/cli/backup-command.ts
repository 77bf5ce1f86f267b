import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { copySqliteDatabase } from "../backup/backup-storage.ts";
import { ConfigError } from "../config.ts";
import { locateDatabase } from "../storage/database.ts";
import type { AddCommand, CommandContext } from "./command.ts";

/** `statut backup FOLDER` */
export const addBackupCommand: AddCommand = (program, context) => {
  program
    .command("backup <folder>")
    .description("Copies the SQLite databases into a folder, while the service runs.")
    .option("--json", "one JSON document per database")
    .addHelpText(
      "after",
      `
Each copy is whole and checked, or it is not there; none replaces another. Keys are not copied: keep journal.keys elsewhere.
docs/operations.md tells how a backup is restored. With PostgreSQL, use pg_dump or archive its WAL.

Example:
  statut backup /srv/backups/2026-11-26`,
    )
    .action((folder: string, { json }: { readonly json?: true }) => backUp(context, folder, json === true));
};

async function backUp(context: CommandContext, folder: string, json: boolean): Promise<void> {
  const { DATA_DIR: dataDir, DATABASE_URL: databaseUrl } = context.config();
  if (databaseUrl !== undefined) {
    throw new ConfigError("DATABASE_URL is set: back PostgreSQL up with pg_dump or by archiving its WAL");
  }
  // The journal first: every token that its copy names is in the later copy of the main database.
  for (const database of ["journal", "main"] as const) {
    const place = locateDatabase({ dataDir, databaseUrl }, database);
    if (!("file" in place)) continue;
    if (!existsSync(place.file)) throw new Error(`${place.file} does not exist`);
    const file = join(folder, basename(place.file));
    const bytes = await copySqliteDatabase(place.file, file);
    context.stdout.write(
      json ? `${JSON.stringify({ database, file, bytes })}\n` : `${database}: ${file}, ${bytes} bytes\n`,
    );
  }
}
