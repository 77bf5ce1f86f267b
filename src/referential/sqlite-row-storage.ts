import { setTimeout as sleep } from "node:timers/promises";
import type Sqlite from "better-sqlite3";
import type { Knex } from "knex";
import type { Clock } from "../clock.ts";
import type { FirstLoad, ImportTable, RowWriter } from "./import-storage.ts";
import type { RowValue } from "./record-decoder.ts";

/** Rows of one statement: beyond some fifty, binding costs more than the statement saves. */
const rowsPerStatement = 50;
/** How long a transaction should hold the write lock, in milliseconds, and the block sizes that it may take. */
const transactionMs = 30;
const smallestBlockBytes = 32 << 10;
const largestBlockBytes = 2 << 20;
/** Time for which the lock then stays free, as a share of the time for which it was held: others poll for it. */
const pauseShare = 0.35;
/** Pages in the write-ahead log (64 MiB) from which on they are moved into the file, between transactions. */
const checkpointPages = 16_384;

/** Writes over Knex's own connection, which nothing else can use until `release`. */
export async function createSqliteRowWriter(
  knex: Knex,
  table: ImportTable,
  clock: Clock,
): Promise<RowWriter> {
  const connection = (await knex.client.acquireConnection()) as Sqlite.Database;
  const restore = tune(connection);
  const upsert = prepareInsert(connection, table, table.kind, onConflict(table));
  const lastRow = connection.prepare(`select max(rowid) from ${table.kind}`).pluck();
  // Row identifiers of a table from which nothing is deleted grow by one with each insertion.
  const rowCount = () => (lastRow.get() as number | null) ?? 0;
  let blockBytes = smallestBlockBytes * 8;
  let freeUntil = 0;
  return {
    blockBytes: () => blockBytes,
    async transaction(work) {
      // Reading the next block is pause enough in most cases.
      const missingMs = Math.ceil(freeUntil - clock.monotonic());
      if (missingMs > 0) await sleep(missingMs);
      const startedAt = clock.monotonic();
      connection.exec("begin immediate");
      try {
        const result = await work();
        connection.exec("commit");
        const tookMs = clock.monotonic() - startedAt;
        blockBytes = adapt(blockBytes, tookMs);
        freeUntil = startedAt + tookMs * (1 + pauseShare);
        return result;
      } catch (error) {
        if (connection.inTransaction) connection.exec("rollback");
        throw error;
      } finally {
        moveLog(connection);
      }
    },
    async upsert(values) {
      const before = rowCount();
      const changes = upsert(values);
      const inserted = rowCount() - before;
      return { inserted, updated: changes - inserted };
    },
    async run(sql, values) {
      return connection.prepare(sql).run(...values).changes;
    },
    isEmpty: async () => rowCount() === 0,
    firstLoad: createFirstLoad(connection, table),
    async release() {
      restore();
      knex.client.releaseConnection(connection);
    },
  };
}

/** Inserts flat values, many rows with each statement, and returns the number of changed rows. */
function prepareInsert(
  connection: Sqlite.Database,
  table: ImportTable,
  into: string,
  onConflict = "",
): (values: readonly RowValue[]) => number {
  const width = table.columns.length;
  const places = `(${table.columns.map(() => "?").join(",")})`;
  const sql = (rows: number) =>
    `insert into ${into} (${table.columns.join(",")}) values ${Array(rows).fill(places).join(",")}${onConflict}`;
  const many = connection.prepare(sql(rowsPerStatement));
  const one = connection.prepare(sql(1));
  const step = rowsPerStatement * width;
  return (values) => {
    let changes = 0;
    let start = 0;
    for (; start + step <= values.length; start += step) {
      changes += many.run(values.slice(start, start + step)).changes;
    }
    for (; start < values.length; start += width) {
      changes += one.run(values.slice(start, start + width)).changes;
    }
    return changes;
  };
}

function onConflict(table: ImportTable): string {
  const [key, ...others] = table.columns;
  const changes = others.map((column) => `${column} = excluded.${column}`).join(", ");
  const differs = others.map((column) => `${table.kind}.${column} is not excluded.${column}`).join(" or ");
  return ` on conflict (${key}) do update set ${changes} where ${differs}`;
}

function createFirstLoad(connection: Sqlite.Database, { kind, columns, ...table }: ImportTable): FirstLoad {
  const loading = `${kind}_loading`;
  const definition = connection
    .prepare("select sql from sqlite_master where type = 'table' and name = ?")
    .pluck();
  const indexes = connection
    .prepare("select sql from sqlite_master where type = 'index' and tbl_name = ? and sql is not null")
    .pluck();
  let insert: ((values: readonly RowValue[]) => number) | undefined;
  return {
    async create() {
      const sql = definition.get(kind) as string;
      connection.exec(sql.replace(kind, loading));
    },
    async drop() {
      connection.exec(`drop table if exists ${loading}`);
    },
    async insert(values) {
      insert ??= prepareInsert(connection, { kind, columns, ...table }, loading);
      insert(values);
    },
    // Everything holds the one write lock here: nothing is gained beforehand.
    async prepare() {},
    async complete() {
      const definitions = indexes.all(kind) as string[];
      connection.exec(`drop table ${kind}; alter table ${loading} rename to ${kind};`);
      for (const sql of definitions) connection.exec(sql);
    },
  };
}

/** The size whose transaction takes `transactionMs`, approached by at most a factor of two. */
function adapt(blockBytes: number, tookMs: number): number {
  const factor = Math.min(2, Math.max(0.5, transactionMs / Math.max(tookMs, 1)));
  return Math.round(Math.min(largestBlockBytes, Math.max(smallestBlockBytes, blockBytes * factor)));
}

/** Moves the log into the file when it has grown: between transactions, while other writers go on. */
function moveLog(connection: Sqlite.Database): void {
  const [state] = connection.pragma("wal_checkpoint(NOOP)") as { log: number; checkpointed: number }[];
  if (state !== undefined && state.log - state.checkpointed > checkpointPages) {
    connection.pragma("wal_checkpoint(PASSIVE)");
  }
}

/** Settings that suit a bulk load. Returns what undoes them. */
function tune(connection: Sqlite.Database): () => void {
  const names = ["mmap_size", "wal_autocheckpoint", "busy_timeout", "threads"] as const;
  const before = names.map((name) => [name, connection.pragma(name, { simple: true })]);
  // Mapped, the whole file would count as memory of the import.
  connection.pragma("mmap_size = 0");
  connection.pragma("wal_autocheckpoint = 0");
  // An operator's command may wait for another writer; the event loop of a service may not.
  connection.pragma("busy_timeout = 10000");
  connection.pragma("threads = 2");
  return () => {
    for (const [name, value] of before) connection.pragma(`${name} = ${value}`);
  };
}
