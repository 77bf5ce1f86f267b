import type Sqlite from "better-sqlite3";
import type { Knex } from "knex";
import type { ImportTable, RowWriter, WrittenRows } from "./import-storage.ts";
import type { RowValue } from "./record-decoder.ts";

/** Rows of one statement: beyond some fifty, binding costs more than the statement saves. */
const rowsPerStatement = 50;
/** Some 3,000 students, which hold the write lock for less than 100 ms. */
const blockBytes = 1 << 20;

/** Writes over Knex's own connection, which nothing else can use until `release`. */
export async function createSqliteRowWriter(knex: Knex, table: ImportTable): Promise<RowWriter> {
  const connection = (await knex.client.acquireConnection()) as Sqlite.Database;
  const restore = tune(connection);
  const width = table.columns.length;
  const insertMany = connection.prepare(insertSql(table, rowsPerStatement));
  const insertOne = connection.prepare(insertSql(table, 1));
  const upsertMany = connection.prepare(insertSql(table, rowsPerStatement) + onConflict(table));
  const upsertOne = connection.prepare(insertSql(table, 1) + onConflict(table));
  const lastRow = connection.prepare(`select max(rowid) from ${table.kind}`).pluck();

  const runAll = (many: Sqlite.Statement, one: Sqlite.Statement, values: readonly RowValue[]): number => {
    let changes = 0;
    let start = 0;
    const step = rowsPerStatement * width;
    for (; start + step <= values.length; start += step) {
      changes += many.run(values.slice(start, start + step)).changes;
    }
    for (; start < values.length; start += width)
      changes += one.run(values.slice(start, start + width)).changes;
    return changes;
  };
  // Row identifiers of a table from which nothing is deleted grow by one with each insertion.
  const rowCount = () => (lastRow.get() as number | null) ?? 0;
  return {
    blockBytes,
    async begin() {
      connection.exec("begin immediate");
    },
    async commit() {
      connection.exec("commit");
    },
    async rollback() {
      if (connection.inTransaction) connection.exec("rollback");
    },
    async upsert(values): Promise<WrittenRows> {
      const before = rowCount();
      const changes = runAll(upsertMany, upsertOne, values);
      const inserted = rowCount() - before;
      return { inserted, updated: changes - inserted };
    },
    async insert(values) {
      runAll(insertMany, insertOne, values);
    },
    async isEmpty() {
      return rowCount() === 0;
    },
    async run(sql, values) {
      return connection.prepare(sql).run(...values).changes;
    },
    async release() {
      restore();
      knex.client.releaseConnection(connection);
    },
  };
}

function insertSql(table: ImportTable, rows: number): string {
  const places = `(${table.columns.map(() => "?").join(",")})`;
  const all = Array.from({ length: rows }, () => places).join(",");
  return `insert into ${table.kind} (${table.columns.join(",")}) values ${all}`;
}

function onConflict(table: ImportTable): string {
  const [key, ...others] = table.columns;
  const changes = others.map((column) => `${column} = excluded.${column}`).join(", ");
  const differs = others.map((column) => `${table.kind}.${column} is not excluded.${column}`).join(" or ");
  return ` on conflict (${key}) do update set ${changes} where ${differs}`;
}

/** Settings that suit a bulk load, and how to undo them. */
function tune(connection: Sqlite.Database): () => void {
  const cacheSize = connection.pragma("cache_size", { simple: true });
  const checkpoint = connection.pragma("wal_autocheckpoint", { simple: true });
  const busyTimeout = connection.pragma("busy_timeout", { simple: true });
  // 256 MiB hold the inner part of the indexes of millions of students.
  connection.pragma("cache_size = -262144");
  connection.pragma("wal_autocheckpoint = 16384");
  // An operator's command may wait for another writer; the event loop of a service may not.
  connection.pragma("busy_timeout = 10000");
  return () => {
    connection.pragma(`cache_size = ${cacheSize}`);
    connection.pragma(`wal_autocheckpoint = ${checkpoint}`);
    connection.pragma(`busy_timeout = ${busyTimeout}`);
  };
}
