import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, type DatabaseLocation, openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { startPostgres } from "./postgres.ts";

export interface FreshDatabase extends AsyncDisposable {
  readonly database: Database;
  readonly location: DatabaseLocation;
  /** Environment of a command that uses the same database. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface DatabaseKind {
  readonly name: "SQLite" | "PostgreSQL";
  /** An empty, migrated database of its own. */
  open(): Promise<FreshDatabase>;
}

export interface BothDatabases extends AsyncDisposable {
  readonly kinds: readonly [DatabaseKind, DatabaseKind];
}

/** SQLite in a folder that goes away, and a real PostgreSQL. */
export async function bothDatabases(): Promise<BothDatabases> {
  const folder = await mkdtemp(join(tmpdir(), "statut-databases-"));
  const postgres = await startPostgres();
  let count = 0;
  const template = join(folder, "template.db");
  await makeTables({ file: template });
  const openSqlite = async () => {
    count += 1;
    const dataDir = join(folder, String(count));
    const file = join(dataDir, "statut.db");
    await mkdir(dataDir, { mode: 0o700 });
    await copyFile(template, file);
    return fresh({ file }, { DATA_DIR: dataDir });
  };
  const openPostgres = async () => {
    const url = await postgres.createDatabase();
    // The import never reads the journal's keys, but the configuration wants them named.
    return fresh({ url }, { DATA_DIR: folder, DATABASE_URL: url, JOURNAL_KEYS: "unused" });
  };
  return {
    kinds: [
      { name: "SQLite", open: openSqlite },
      { name: "PostgreSQL", open: openPostgres },
    ],
    async [Symbol.asyncDispose]() {
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Made once, and copied: what closes a SQLite database leaves all of it in its file. */
async function makeTables(location: DatabaseLocation): Promise<void> {
  const database = openDatabase(location);
  await migrate(database.knex, "main");
  await database.close();
}

function fresh(location: DatabaseLocation, environment: Readonly<Record<string, string>>): FreshDatabase {
  const database = openDatabase(location);
  return { database, location, environment, [Symbol.asyncDispose]: () => database.close() };
}
