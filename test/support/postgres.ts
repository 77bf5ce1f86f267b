// A real PostgreSQL for tests: the one of the whole run when there is one, else a server of the test file.
import { randomUUID } from "node:crypto";
import pg from "pg";
import { openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { waitLimits } from "../../src/wait-limits.ts";
import { type OwnPostgres, startOwnPostgres } from "./own-postgres.ts";

export interface PostgresServer {
  /** Makes a database that has all tables already, and returns its connection string. */
  createDatabase(): Promise<string>;
  /** Makes one without tables. */
  createEmptyDatabase(): Promise<string>;
  /** Ends the server, unless it is that of the run, which ends with it. */
  stop(): Promise<void>;
}

// Here and in the test's own process, an answer that comes at all does not come too late. A limit catches what hangs.
Object.assign(waitLimits, { connectionMs: 30_000, queryMs: 30_000 });

/** In the environment of a test file: where the server of the run is. */
const shared = "TEST_POSTGRES";
/** The database of which others are copies. */
const template = "statut_template";

/** Starts a server for all test files of this run, which find it in the environment. */
export async function sharePostgres(): Promise<AsyncDisposable> {
  const server = await startOwnPostgres();
  await makeTemplate(server.url);
  process.env[shared] = server.url;
  return {
    async [Symbol.asyncDispose]() {
      delete process.env[shared];
      await server.stop();
    },
  };
}

/** The server of the run, or a new one. */
export async function startPostgres(): Promise<PostgresServer> {
  const url = process.env[shared];
  if (url === undefined) return startPostgresAlone();
  return databasesOf(url);
}

/** A server that nobody else uses, for tests that freeze or kill it. */
export async function startPostgresAlone(): Promise<PostgresServer & OwnPostgres> {
  const server = await startOwnPostgres();
  let made: Promise<void> | undefined;
  const databases = databasesOf(server.url);
  return {
    ...databases,
    ...server,
    async createDatabase() {
      made ??= makeTemplate(server.url);
      await made;
      return databases.createDatabase();
    },
  };
}

/** Databases on a server that stays. They stay as well: to drop one is a checkpoint, which everybody would wait for. */
function databasesOf(url: string): PostgresServer {
  const create = async (more: string) => {
    const name = `statut_${randomUUID().replaceAll("-", "")}`;
    await createOn(url, `${name} ${more}`);
    return `${url}/${name}`;
  };
  return {
    createDatabase: () => create(`template ${template}`),
    createEmptyDatabase: () => create(""),
    async stop() {},
  };
}

async function makeTemplate(url: string): Promise<void> {
  await createOn(url, template);
  const database = openDatabase({ url: `${url}/${template}` });
  await migrate(database.knex, "main");
  await migrate(database.knex, "journal");
  await database.close();
}

async function createOn(url: string, database: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${url}/postgres` });
  await client.connect();
  try {
    await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
}
