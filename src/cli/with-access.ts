import { type AccessStorage, createAccessStorage } from "../access/access-storage.ts";
import { locateDatabase, openDatabase } from "../storage/database.ts";
import type { CommandContext } from "./command.ts";

/** Runs a command's work on partners and tokens, and closes the database whatever happens. */
export async function withAccess<T>(
  context: CommandContext,
  work: (storage: AccessStorage) => Promise<T>,
): Promise<T> {
  const { DATA_DIR: dataDir, DATABASE_URL: databaseUrl } = context.config();
  const database = openDatabase(locateDatabase({ dataDir, databaseUrl }, "main"));
  try {
    return await work(createAccessStorage(database));
  } catch (error) {
    throw isMissingTable(error)
      ? new Error("the database has no tables yet: run `statut migrate` first", { cause: error })
      : error;
  } finally {
    await database.close();
  }
}

function isMissingTable(error: unknown): boolean {
  const { code, message = "" } = error as { code?: string; message?: string };
  // PostgreSQL's undefined_table; SQLite has only the words.
  return code === "42P01" || message.includes("no such table");
}
