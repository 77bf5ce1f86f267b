// Opens a database and hides what differs between SQLite and PostgreSQL. Knex owns the schema and everything that
// is not hot; hot queries are compiled by Knex once and run as prepared statements (see prepare).

import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import Sqlite from "better-sqlite3";
import knex, { type Knex } from "knex";
import type Pg from "pg";
import type { Awaitable } from "../awaitable.ts";
import { serviceError } from "../errors.ts";
import { waitLimits } from "../wait-limits.ts";
import { TurnSnapshot } from "./turn-snapshot.ts";

/** Runs the statement with its values, in the order of its placeholders. Errors: `storage_unavailable`. */
export type PreparedQuery<Row> = (...values: unknown[]) => Awaitable<Row[]>;

export interface Database {
  readonly dialect: "sqlite" | "postgres";
  /** For schema changes, writes and everything that is not on the path of a call. */
  readonly knex: Knex;
  /**
   * Compiles a query once. `name` identifies the statement on a PostgreSQL connection and must be unique. What it reads
   * on SQLite is `latest`, or as it was when the `turn` of the event loop first read: a third of the cost, for the path
   * of a call, which has no use for what changed within one turn.
   */
  prepare<Row>(
    name: string,
    build: (knex: Knex) => Knex.QueryBuilder,
    reads?: "latest" | "turn",
  ): PreparedQuery<Row>;
  /** Its connections now, for /metrics. */
  pool(): PoolState;
  close(): Promise<void>;
}

export interface PoolState {
  readonly used: number;
  readonly idle: number;
  /** Statements that wait for a connection. */
  readonly waiting: number;
}

/** Where a database lives: a SQLite file, or a PostgreSQL connection string (which never reaches a log). */
export type DatabaseLocation = { readonly file: string } | { readonly url: string };

/** Longest wait for another process's write lock, in milliseconds. */
const busyTimeoutMs = 100;

/** Knex would print on standard output, where the results of commands are; whatever fails is thrown as well. */
const silentLog = { debug() {}, warn() {}, error() {}, deprecate() {} };

/** The main database (referential, partners, tokens) or the journal: on SQLite each has a file of its own. */
export function locateDatabase(
  config: { readonly dataDir: string; readonly databaseUrl: string | undefined },
  name: "main" | "journal",
): DatabaseLocation {
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl };
  return { file: join(config.dataDir, name === "main" ? "statut.db" : "journal.db") };
}

export function openDatabase(location: DatabaseLocation): Database {
  return "url" in location ? openPostgres(location.url) : openSqlite(location.file);
}

/** Opens a SQLite connection with the settings that every connection of ours has. */
export function openSqliteConnection(file: string, options: Sqlite.Options = {}): Sqlite.Database {
  if (options.readonly !== true) createFolder(file);
  const connection = new Sqlite(file, options);
  applySettings(connection);
  return connection;
}

function createFolder(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
}

function applySettings(connection: Sqlite.Database): void {
  connection.pragma(`busy_timeout = ${busyTimeoutMs}`);
  if (!connection.readonly) {
    connection.pragma("journal_mode = WAL");
    connection.pragma("synchronous = FULL");
    connection.pragma("foreign_keys = ON");
    connection.pragma("secure_delete = ON");
  }
  connection.pragma("cache_size = -65536");
  connection.pragma("mmap_size = 1073741824");
}

function openSqlite(file: string): Database {
  createFolder(file);
  const builder = knex({
    client: "better-sqlite3",
    connection: { filename: file },
    useNullAsDefault: true,
    log: silentLog,
    pool: {
      min: 1,
      max: 1,
      acquireTimeoutMillis: waitLimits.connectionMs,
      afterCreate(
        connection: Sqlite.Database,
        done: (error: Error | null, connection: Sqlite.Database) => void,
      ) {
        applySettings(connection);
        done(null, connection);
      },
    },
  });
  letOthersPass(builder);
  const readers: { latest?: Sqlite.Database; turn?: Sqlite.Database } = {};
  let snapshot: TurnSnapshot | undefined;
  const readerFor = (reads: "latest" | "turn") => {
    readers[reads] ??= openSqliteConnection(file, { readonly: true });
    return readers[reads];
  };
  return {
    dialect: "sqlite",
    knex: builder,
    prepare<Row>(
      _name: string,
      build: (knex: Knex) => Knex.QueryBuilder,
      reads: "latest" | "turn" = "latest",
    ) {
      const { sql } = build(builder).toSQL().toNative();
      let statement: Sqlite.Statement<unknown[], Row> | undefined;
      return (...values: unknown[]) => {
        try {
          statement ??= readerFor(reads).prepare<unknown[], Row>(sql);
          if (reads === "turn") {
            snapshot ??= new TurnSnapshot(readerFor(reads));
            snapshot.enter();
          }
          return statement.all(...values);
        } catch (cause) {
          throw serviceError("storage_unavailable", { cause });
        }
      };
    },
    pool: () => knexPool(builder),
    async close() {
      for (const reader of Object.values(readers)) reader?.close();
      await builder.destroy();
    },
  };
}

/**
 * SQLite answers at once, so that a loop of statements would be one turn of the event loop, during which no call is
 * answered however long it is: each statement, or transaction, begins with a turn of its own.
 */
function letOthersPass({ client }: Knex): void {
  const acquire: () => Promise<Sqlite.Database> = client.acquireConnection.bind(client);
  client.acquireConnection = async () => {
    await nextTurn();
    return await acquire();
  };
}

function openPostgres(url: string): Database {
  const pg = loadDriver();
  const limits = { statement_timeout: 5000, connectionTimeoutMillis: waitLimits.connectionMs };
  const builder = knex({
    client: "pg",
    log: silentLog,
    connection: { connectionString: url, ...limits, statement_timeout: 0 },
    pool: { min: 0, max: 4, acquireTimeoutMillis: waitLimits.connectionMs },
  });
  const pool = new pg.Pool({ connectionString: url, ...limits, query_timeout: waitLimits.queryMs, max: 8 });
  pool.on("error", () => {
    // An idle connection broke: the pool has dropped it already, and the next query opens another one.
  });
  return {
    dialect: "postgres",
    knex: builder,
    prepare<Row>(name: string, build: (knex: Knex) => Knex.QueryBuilder) {
      const { sql: text } = build(builder).toSQL().toNative();
      return async (...values: unknown[]) => {
        try {
          const result = await pool.query({ name, text, values });
          return result.rows as Row[];
        } catch (cause) {
          throw serviceError("storage_unavailable", { cause });
        }
      };
    },
    pool() {
      const { used, idle, waiting } = knexPool(builder);
      return {
        used: used + pool.totalCount - pool.idleCount,
        idle: idle + pool.idleCount,
        waiting: waiting + pool.waitingCount,
      };
    },
    async close() {
      await pool.end();
      await builder.destroy();
    },
  };
}

function knexPool({ client }: Knex): PoolState {
  const { pool } = client as {
    pool: { numUsed(): number; numFree(): number; numPendingAcquires(): number };
  };
  return { used: pool.numUsed(), idle: pool.numFree(), waiting: pool.numPendingAcquires() };
}

/** PostgreSQL's, where it is used: SQLite starts without it. */
function loadDriver(): typeof Pg {
  const pg = createRequire(import.meta.url)("pg") as typeof Pg;
  // Instants are stored as milliseconds in 64-bit columns; they and our counts fit a double.
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  return pg;
}
