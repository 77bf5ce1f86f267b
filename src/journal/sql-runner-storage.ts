// Runs the statements that both databases understand, over whichever connection is at hand: the roll-ups are written
// by the writer's thread, read by the service and rebuilt by a command.
import type Sqlite from "better-sqlite3";
import type { Knex } from "knex";
import type pg from "pg";
import type { Awaitable } from "../awaitable.ts";
import type { Database } from "../storage/database.ts";

type Scalar = string | number | Uint8Array | null;
/** A list is one array of PostgreSQL. */
export type SqlValue = Scalar | readonly Scalar[];

export interface SqlRunner {
  readonly dialect: "sqlite" | "postgres";
  /** Runs a statement whose placeholders are `?`. Whole numbers come back as numbers. */
  run<Row>(statement: string, values?: readonly SqlValue[]): Awaitable<Row[]>;
}

/** Over a connection of its own to SQLite. */
export function runOnSqlite(connection: Sqlite.Database): SqlRunner {
  const kept = new Map<string, Sqlite.Statement<unknown[]>>();
  return {
    dialect: "sqlite",
    run<Row>(text: string, values: readonly SqlValue[] = []) {
      let statement = kept.get(text);
      if (statement === undefined) {
        // Lists of values make many texts.
        if (kept.size >= keptStatements) kept.clear();
        statement = connection.prepare<unknown[]>(text);
        kept.set(text, statement);
      }
      if (statement.reader) return statement.all(...values) as Row[];
      statement.run(...values);
      return [];
    },
  };
}

const keptStatements = 200;

/** Over a connection of its own to PostgreSQL. */
export function runOnPostgres(client: pg.Client): SqlRunner {
  return {
    dialect: "postgres",
    async run<Row>(text: string, values: readonly SqlValue[] = []) {
      let place = 0;
      const numbered = text.replaceAll("?", () => {
        place += 1;
        return `$${place}`;
      });
      return (await client.query(numbered, [...values])).rows as Row[];
    },
  };
}

function runOnKnex(dialect: Database["dialect"], transaction: Knex.Transaction): SqlRunner {
  return {
    dialect,
    async run<Row>(text: string, values: readonly SqlValue[] = []) {
      const result = await transaction.raw(text, [...values] as Knex.RawBinding[]);
      return (dialect === "postgres" ? result.rows : result) as Row[];
    },
  };
}

/** Reads one state of the database, whatever is written meanwhile. */
export function readSnapshot<T>(
  { dialect, knex }: Database,
  work: (sql: SqlRunner) => Promise<T>,
): Promise<T> {
  const options =
    dialect === "postgres" ? { isolationLevel: "repeatable read" as const, readOnly: true } : {};
  return knex.transaction((transaction) => work(runOnKnex(dialect, transaction)), options);
}

/** Writes in one transaction. */
export function writeTransaction<T>(
  { dialect, knex }: Database,
  work: (sql: SqlRunner) => Promise<T>,
): Promise<T> {
  return knex.transaction((transaction) => work(runOnKnex(dialect, transaction)));
}
