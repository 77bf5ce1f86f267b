import { existsSync } from "node:fs";
import { raiseVersion } from "../access/access-storage.ts";
import { type Administration, createAdministration } from "../assembly/administration.ts";
import { findPerson } from "../assembly/find-person.ts";
import { originOf } from "../assembly/local-origin.ts";
import { createOutboxes } from "../assembly/outboxes.ts";
import { createLedger, type Ledger } from "../audit/ledger.ts";
import type { Outbox } from "../mail/outbox.ts";
import { createSessions, type Sessions } from "../session/session.ts";
import { type Database, locateDatabase, openDatabase } from "../storage/database.ts";
import type { CommandContext } from "./command.ts";

/** The main database as commands use it, and what writes there. */
export interface MainDatabase {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly sessions: Sessions;
  readonly administration: Administration;
  readonly outbox: Outbox;
}

const noTables = "the database has no tables yet: run `statut migrate` first";

/** Runs a command's work on the main database, and closes it whatever happens. */
export async function withMain<T>(
  context: CommandContext,
  work: (main: MainDatabase) => Promise<T>,
): Promise<T> {
  const config = context.config();
  const { DATA_DIR: dataDir, DATABASE_URL: databaseUrl } = config;
  const place = locateDatabase({ dataDir, databaseUrl }, "main");
  // Opening would make the file.
  if ("file" in place && !existsSync(place.file)) throw new Error(noTables);
  const database = openDatabase(place);
  try {
    const { clock } = context;
    const ledger = createLedger({ database, clock, raiseVersion });
    const sessions = createSessions({ database, clock, ledger, findPerson });
    const outboxes = createOutboxes(config, clock);
    const origin = () => originOf(config, config.PORT);
    const administration = createAdministration({ database, ledger, sessions, clock, ...outboxes, origin });
    return await work({ database, ledger, sessions, administration, outbox: outboxes.outbox });
  } catch (error) {
    throw isMissingTable(error) ? new Error(noTables, { cause: error }) : error;
  } finally {
    await database.close();
  }
}

/** Whether a database has not been migrated yet. */
export function isMissingTable(error: unknown): boolean {
  const { code, message = "" } = error as { code?: string; message?: string };
  // PostgreSQL's undefined_table; SQLite has only the words.
  return code === "42P01" || message.includes("no such table");
}
