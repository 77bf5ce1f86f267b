import { once } from "node:events";
import { finished } from "node:stream/promises";
import type { Knex } from "knex";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { FirstLoad, ImportTable, RowWriter, WrittenRows } from "./import-storage.ts";
import type { RowValue } from "./record-decoder.ts";

/** Some 12,000 students. Transactions lock only their own rows here: larger ones make nobody wait. */
const blockBytes = 4 << 20;

/** Writes over one of Knex's connections, by COPY. */
export async function createPostgresRowWriter(knex: Knex, table: ImportTable): Promise<RowWriter> {
  const connection = (await knex.client.acquireConnection()) as pg.Client;
  const staging = `staged_${table.kind}`;
  await connection.query(
    `create temporary table if not exists ${staging} (like ${table.kind}) on commit delete rows`,
  );
  const upsertSql = mergeSql(table, staging);
  return {
    blockBytes: () => blockBytes,
    async transaction(work) {
      await connection.query("begin");
      try {
        const result = await work();
        await connection.query("commit");
        return result;
      } catch (error) {
        await connection.query("rollback").catch(() => {
          // The connection broke, and the transaction with it: the first error tells more.
        });
        throw error;
      }
    },
    async upsert(values) {
      if (values.length === 0) return { inserted: 0, updated: 0 };
      await copy(connection, table, staging, values);
      const { rows } = await connection.query<WrittenRows>(upsertSql);
      return rows[0] as WrittenRows;
    },
    async run(sql, values) {
      let place = 0;
      const text = sql.replace(/\?/g, () => `$${++place}`);
      return (await connection.query(text, [...values])).rowCount ?? 0;
    },
    async isEmpty() {
      const { rows } = await connection.query(`select 1 from ${table.kind} limit 1`);
      return rows.length === 0;
    },
    firstLoad: createFirstLoad(connection, table),
    async release() {
      await connection.query(`drop table if exists ${staging}`).catch(() => {
        // The connection broke: its temporary tables went with it.
      });
      knex.client.releaseConnection(connection);
    },
  };
}

async function copy(
  connection: pg.Client,
  table: ImportTable,
  into: string,
  values: readonly RowValue[],
): Promise<void> {
  const stream = connection.query(copyFrom(`copy ${into} (${table.columns.join(",")}) from stdin`));
  const done = finished(stream);
  for (const text of copyTexts(values, table.columns.length)) {
    if (!stream.write(text)) await Promise.race([once(stream, "drain"), done]);
  }
  stream.end();
  await done;
}

function createFirstLoad(connection: pg.Client, table: ImportTable): FirstLoad {
  const loading = `${table.kind}_loading`;
  const readIndexes = async (of: string) => {
    const sql =
      "select indexname, indexdef from pg_indexes where schemaname = current_schema() and tablename = $1";
    return (await connection.query<{ indexname: string; indexdef: string }>(sql, [of])).rows;
  };
  return {
    async create() {
      await connection.query(
        `create table ${loading} (like ${table.kind} including defaults including constraints)`,
      );
    },
    async drop() {
      await connection.query(`drop table if exists ${loading}`);
    },
    async insert(values) {
      if (values.length > 0) await copy(connection, table, loading, values);
    },
    async prepare() {
      await connection.query("set maintenance_work_mem = '256MB'");
      for (const { indexname, indexdef } of await readIndexes(table.kind)) {
        const [start, rest] = indexdef.split(/ on (?=\S+ using )/i) as [string, string];
        const create = start.replace(indexname, `if not exists ${loading}_${indexname}`);
        await connection.query(`${create} on ${rest.replace(/^\S+/, loading)}`);
      }
      await connection.query(`reset maintenance_work_mem`);
      await connection.query(`analyze ${loading}`);
    },
    async complete() {
      const indexes = await readIndexes(table.kind);
      await connection.query(`drop table ${table.kind}`);
      await connection.query(`alter table ${loading} rename to ${table.kind}`);
      for (const { indexname } of indexes) {
        await connection.query(`alter index ${loading}_${indexname} rename to ${indexname}`);
      }
    },
  };
}

/** Inserts what is new, updates what differs, leaves the rest; a row just inserted has no `xmax`. */
function mergeSql(table: ImportTable, staging: string): string {
  const [key, ...others] = table.columns;
  const changes = others.map((column) => `${column} = excluded.${column}`).join(", ");
  const stored = others.map((column) => `${table.kind}.${column}`).join(", ");
  const given = others.map((column) => `excluded.${column}`).join(", ");
  const columns = table.columns.join(", ");
  return `with written as (
    insert into ${table.kind} (${columns}) select ${columns} from ${staging}
    on conflict (${key}) do update set ${changes} where (${stored}) is distinct from (${given})
    returning (xmax = 0) as inserted)
  select (count(*) filter (where inserted))::integer as inserted,
    (count(*) filter (where not inserted))::integer as updated from written`;
}

const textBytes = 1 << 19;
/**
 * The text format of COPY: tabs between values, a line for each row, `\N` for null. The rules of the fields keep
 * tabs and line ends out of values.
 */
function* copyTexts(values: readonly RowValue[], width: number): Generator<string> {
  let text = "";
  for (let start = 0; start < values.length; start += width) {
    for (let column = 0; column < width; column++) {
      const value = values[start + column] as RowValue;
      if (column > 0) text += "\t";
      text += value === null ? "\\N" : value.includes("\\") ? value.replaceAll("\\", "\\\\") : value;
    }
    text += "\n";
    if (text.length >= textBytes) {
      yield text;
      text = "";
    }
  }
  if (text !== "") yield text;
}
