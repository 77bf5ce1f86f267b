// Rows in bulk, in the way that each database takes them fastest.
import type { SqlRunner, SqlValue } from "./sql-runner-storage.ts";

/** Rows of one statement. */
const blockRows = 256;
/** Values of one list in a condition. */
const listValues = 500;

type Row = readonly SqlValue[];

/** Rows as a source that can be selected from or inserted. */
interface RowSource {
  readonly source: string;
  readonly values: readonly SqlValue[];
}

/** The rows in blocks, each as a source with these columns. */
export function* sourcesOf(
  dialect: SqlRunner["dialect"],
  names: readonly string[],
  rows: readonly Row[],
): Generator<RowSource> {
  if (dialect === "postgres") {
    for (let start = 0; start < rows.length; start += blockRows) {
      yield arraysOf(names, rows.slice(start, start + blockRows));
    }
    return;
  }
  // Powers of two: a statement for each number of rows would be prepared each time.
  for (let [start, size] = [0, blockRows]; start < rows.length; ) {
    while (size > rows.length - start) size >>= 1;
    yield valuesOf(rows.slice(start, start + size));
    start += size;
  }
}

function valuesOf(rows: readonly Row[]): RowSource {
  const row = `(${placeholders(rows[0] as Row)})`;
  return { source: `values ${Array(rows.length).fill(row).join(", ")}`, values: rows.flat() };
}

/** PostgreSQL reads a row of arrays in a tenth of the time that it reads one of parameters. */
function arraysOf(names: readonly string[], rows: readonly Row[]): RowSource {
  const arrays = names.map((name) => `?::${arrayTypes[name] ?? "int8"}[]`);
  const values = names.map((_, column) => rows.map((row) => row[column] as number | string | Uint8Array));
  return { source: `select * from unnest(${arrays.join(", ")})`, values };
}

/** What is no number. */
const arrayTypes: Readonly<Record<string, string>> = {
  token_id: "text",
  latency: "bytea",
  sketch: "bytea",
  body: "bytea",
};

export async function insertRows(
  sql: SqlRunner,
  table: string,
  names: readonly string[],
  rows: readonly Row[],
  onConflict = "",
): Promise<void> {
  for (const { source, values } of sourcesOf(sql.dialect, names, rows)) {
    await sql.run(`insert into ${table} (${names.join(", ")}) ${source} ${onConflict}`, values);
  }
}

/** Inserts rows, replacing what stands under their key. */
export async function put(
  sql: SqlRunner,
  table: string,
  key: readonly string[],
  columns: readonly string[],
  rows: readonly Row[],
): Promise<void> {
  const update = columns.map((name) => `${name} = excluded.${name}`).join(", ");
  const onConflict = `on conflict (${key.join(", ")}) do update set ${update}`;
  await insertRows(sql, table, [...key, ...columns], rows, onConflict);
}

/** `?, ?, ?` for a list. */
export function placeholders(values: readonly unknown[]): string {
  return values.map(() => "?").join(", ");
}

/** The values in lists that one statement takes. */
export function* listsOf<T>(values: readonly T[]): Generator<T[]> {
  for (let start = 0; start < values.length; start += listValues)
    yield values.slice(start, start + listValues);
}
