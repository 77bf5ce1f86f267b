import { locateDatabase, openDatabase } from "../storage/database.ts";
import { migrate } from "../storage/migrate.ts";
import type { AddCommand } from "./command.ts";

export const addMigrateCommand: AddCommand = (program, context) => {
  program
    .command("migrate")
    .description("Brings the databases up to date. `serve` does it too; several instances may start at once.")
    .option("--json", "one JSON document per database")
    .addHelpText("after", "\nExample:\n  statut migrate")
    .action(async ({ json }: { json?: boolean }) => {
      const { DATA_DIR: dataDir, DATABASE_URL: databaseUrl } = context.config();
      for (const name of ["main", "journal"] as const) {
        const database = openDatabase(locateDatabase({ dataDir, databaseUrl }, name));
        try {
          const ran = await migrate(database.knex, name);
          const text = ran.length === 0 ? "up to date" : ran.join(", ");
          context.stdout.write(
            json === true ? `${JSON.stringify({ database: name, ran })}\n` : `${name}: ${text}\n`,
          );
        } finally {
          await database.close();
        }
      }
    });
};
