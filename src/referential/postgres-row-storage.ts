import { once } from "node:events";
import { finished } from "node:stream/promises";
import type { Knex } from "knex";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { ImportTable, RowWriter, WrittenRows } from "./import-storage.ts";
import type { RowValue } from "./record-decoder.ts";

/** Some 25,000 students. Transactions lock only their own rows here: larger ones make nobody wait. */
const blockBytes = 8 << 20;

/** Writes over one of Knex's connections, by COPY. */
export async function createPostgresRowWriter(knex: Knex, table: ImportTable): Promise<RowWriter> {
  const connection = (await knex.client.acquireConnection()) as pg.Client;
  const staging = `staged_${table.kind}`;
  const width = table.columns.length;
  await connection.query(
    `create temporary table if not exists ${staging} (like ${table.kind}) on commit delete rows`,
  );
  const upsertSql = mergeSql(table, staging);

  const copy = async (into: string, values: readonly RowValue[]) => {
    const stream = connection.query(copyFrom(`copy ${into} (${table.columns.join(",")}) from stdin`));
    const done = finished(stream);
    for (const text of copyTexts(values, width)) {
      if (!stream.write(text)) await Promise.race([once(stream, "drain"), done]);
    }
    stream.end();
    await done;
  };
  return {
    blockBytes,
    begin: () => query(connection, "begin"),
    commit: () => query(connection, "commit"),
    rollback: () => query(connection, "rollback"),
    async upsert(values): Promise<WrittenRows> {
      if (values.length === 0) return { inserted: 0, updated: 0 };
      await copy(staging, values);
      const { rows } = await connection.query<{ inserted: number; updated: number }>(upsertSql);
      return rows[0] as WrittenRows;
    },
    async insert(values) {
      if (values.length > 0) await copy(table.kind, values);
    },
    async isEmpty() {
      const { rows } = await connection.query(`select 1 from ${table.kind} limit 1`);
      return rows.length === 0;
    },
    async run(sql, values) {
      let place = 0;
      const text = sql.replace(/\?/g, () => `$${++place}`);
      return (await connection.query(text, [...values])).rowCount ?? 0;
    },
    async release() {
      await connection.query(`drop table if exists ${staging}`).catch(() => {
        // The connection broke: its temporary tables went with it.
      });
      knex.client.releaseConnection(connection);
    },
  };
}

async function query(connection: pg.Client, sql: string): Promise<void> {
  await connection.query(sql);
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
const escaped = /[\\\t\n\r]/g;
const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** The text format of COPY: tabs between values, a line for each row, `\N` for null. */
function* copyTexts(values: readonly RowValue[], width: number): Generator<string> {
  let text = "";
  for (let start = 0; start < values.length; start += width) {
    for (let column = 0; column < width; column++) {
      const value = values[start + column] as RowValue;
      const safe =
        value === null
          ? "\\N"
          : value.includes("\\")
            ? value.replace(escaped, (c) => escapes[c] as string)
            : value;
      text += column === 0 ? safe : `\t${safe}`;
    }
    text += "\n";
    if (text.length >= textBytes) {
      yield text;
      text = "";
    }
  }
  if (text !== "") yield text;
}
