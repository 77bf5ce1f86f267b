import { existsSync } from "node:fs";
import { type AccessStorage, createAccessStorage } from "../access/access-storage.ts";
import { type Database, locateDatabase, openDatabase } from "../storage/database.ts";
import type { CommandContext } from "./command.ts";

const noTables = "the database has no tables yet: run `statut migrate` first";

/** Runs a command's work on partners and tokens, and closes the database whatever happens. */
export function withAccess<T>(
  context: CommandContext,
  work: (storage: AccessStorage) => Promise<T>,
): Promise<T> {
  return withMainDatabase(context, (database) => work(createAccessStorage(database)));
}

/** Runs a command's work on the main database, and closes it whatever happens. */
export async function withMainDatabase<T>(
  context: CommandContext,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const { DATA_DIR: dataDir, DATABASE_URL: databaseUrl } = context.config();
  const place = locateDatabase({ dataDir, databaseUrl }, "main");
  // Opening would make the file.
  if ("file" in place && !existsSync(place.file)) throw new Error(noTables);
  const database = openDatabase(place);
  try {
    return await work(database);
  } catch (error) {
    throw isMissingTable(error) ? new Error(noTables, { cause: error }) : error;
  } finally {
    await database.close();
  }
}

function isMissingTable(error: unknown): boolean {
  const { code, message = "" } = error as { code?: string; message?: string };
  // PostgreSQL's undefined_table; SQLite has only the words.
  return code === "42P01" || message.includes("no such table");
}
