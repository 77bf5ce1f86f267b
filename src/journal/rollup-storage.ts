// Adds a batch to the roll-ups that are stored: what stands there is read, joined with the batch and written back,
// in a transaction in which nobody else files.
import { decodeHistogram, encodeHistogram } from "./latency-histogram.ts";
import { addCell, type Cell, grains, type RollupCell, type RollupSketch } from "./rollup.ts";
import { type SeriesFacts, seriesColumns, seriesKey } from "./rollup-series.ts";
import type { SqlRunner, SqlValue } from "./sql-runner-storage.ts";
import { StudentSketch } from "./student-sketch.ts";

/** Rows of one statement. */
const blockRows = 250;
/** Values of one list in a condition. */
const listValues = 500;

/** Inserts rows, replacing what stands under their key. */
export async function put(
  sql: SqlRunner,
  table: string,
  key: readonly string[],
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  const names = [...key, ...columns];
  const update = columns.map((name) => `${name} = excluded.${name}`).join(", ");
  for (let start = 0; start < rows.length; start += blockRows) {
    const block = rows.slice(start, start + blockRows);
    const { source, values } = sql.dialect === "sqlite" ? rowsOf(block) : arraysOf(names, block);
    await sql.run(
      `insert into ${table} (${names.join(", ")}) ${source}
        on conflict (${key.join(", ")}) do update set ${update}`,
      values,
    );
  }
}

function rowsOf(rows: readonly (readonly SqlValue[])[]) {
  const source = `values ${rows.map((row) => `(${placeholders(row)})`).join(", ")}`;
  return { source, values: rows.flat() };
}

/** PostgreSQL reads a row of arrays in a tenth of the time that it reads one of parameters. */
function arraysOf(names: readonly string[], rows: readonly (readonly SqlValue[])[]) {
  const arrays = names.map((name) => `?::${arrayTypes[name] ?? "int8"}[]`);
  const values = names.map((_, column) => rows.map((row) => row[column] as number | string | Uint8Array));
  return { source: `select * from unnest(${arrays.join(", ")})`, values };
}

/** What is no number. */
const arrayTypes: Readonly<Record<string, string>> = { token_id: "text", latency: "bytea", sketch: "bytea" };

/** `?, ?, ?` for a list. */
export function placeholders(values: readonly unknown[]): string {
  return values.map(() => "?").join(", ");
}

/** The values in lists that one statement takes. */
export function* listsOf<T>(values: readonly T[]): Generator<T[]> {
  for (let start = 0; start < values.length; start += listValues)
    yield values.slice(start, start + listValues);
}

/** Adds the calls of the cells; their series are made when they are new. */
export async function addCells(
  sql: SqlRunner,
  generation: number,
  cells: readonly RollupCell[],
): Promise<void> {
  const numbers = await numberSeries(sql, cells);
  const sums = new Map<
    string,
    { readonly row: readonly [grain: number, series: number, bucket: number] } & Cell
  >();
  for (const cell of cells) {
    const row = [
      grains.indexOf(cell.grain),
      numbers.get(seriesKey(cell.series)) as number,
      cell.bucket,
    ] as const;
    sums.set(row.join(" "), { ...cell, row });
  }
  for (const [grain] of grains.entries()) {
    const rows = [...sums.values()].filter(({ row }) => row[0] === grain).map(({ row }) => row);
    for (const stored of await storedCells(sql, generation, grain, rows)) {
      const sum = sums.get(`${grain} ${stored.series} ${stored.bucket}`);
      if (sum !== undefined) addCell(sum, { ...numbersOf(stored), latency: decodeHistogram(stored.latency) });
    }
  }
  await put(
    sql,
    "journal_rollups",
    ["generation", "grain", "series", "bucket"],
    ["calls", "duration_us", "response_bytes", "latency"],
    [...sums.values()].map(({ row, calls, durationUs, responseBytes, latency }) => [
      ...[generation, ...row, calls, durationUs, responseBytes],
      encodeHistogram(latency),
    ]),
  );
}

interface StoredCell {
  readonly series: number;
  readonly bucket: number;
  readonly calls: number;
  readonly duration_us: number;
  readonly response_bytes: number;
  readonly latency: Uint8Array;
}

/** Where no parser is set, PostgreSQL's 64-bit numbers are texts. */
function numbersOf({ calls, duration_us, response_bytes }: StoredCell) {
  return {
    calls: Number(calls),
    durationUs: Number(duration_us),
    responseBytes: Number(response_bytes),
  };
}

/** What stands at these places: one look into the index for each. */
async function storedCells(
  sql: SqlRunner,
  generation: number,
  grain: number,
  places: readonly (readonly [grain: number, series: number, bucket: number])[],
): Promise<StoredCell[]> {
  const found: StoredCell[] = [];
  for (let start = 0; start < places.length; start += blockRows) {
    const block = places.slice(start, start + blockRows).map(([, series, bucket]) => [series, bucket]);
    const { source, values } =
      sql.dialect === "sqlite" ? rowsOf(block) : arraysOf(["series", "bucket"], block);
    const rows = await sql.run<StoredCell>(
      `with place (series, bucket) as (${source})
        select r.series, r.bucket, r.calls, r.duration_us, r.response_bytes, r.latency
        from place p ${sql.dialect === "sqlite" ? "cross join" : "join"} journal_rollups r
          on r.generation = ? and r.grain = ? and r.series = p.series and r.bucket = p.bucket`,
      [...values, generation, grain],
    );
    found.push(...rows);
  }
  return found;
}

/** Numbers of the cells' series by their key. */
async function numberSeries(sql: SqlRunner, cells: readonly RollupCell[]): Promise<Map<string, number>> {
  const wanted = new Map(cells.map(({ series }) => [seriesKey(series), series]));
  const tokens = [...new Set([...wanted.values()].map(({ tokenId }) => tokenId))];
  const numbers = await knownSeries(sql, tokens);
  // Only the new ones are inserted: a row that is refused would take a number all the same.
  const missing = [...wanted].filter(([key]) => !numbers.has(key)).map(([, series]) => series);
  if (missing.length === 0) return numbers;
  const row = `(${placeholders(seriesColumns)})`;
  const names = seriesColumns.map(([, column]) => column).join(", ");
  for (const series of listsOf(missing)) {
    await sql.run(
      `insert into journal_series (${names}) values ${series.map(() => row).join(", ")}`,
      series.flatMap((facts) => seriesColumns.map(([field]) => facts[field])),
    );
  }
  return knownSeries(sql, tokens);
}

const selectedSeries = seriesColumns.map(([field, column]) => `${column} as "${field}"`).join(", ");

async function knownSeries(sql: SqlRunner, tokenIds: readonly string[]): Promise<Map<string, number>> {
  const numbers = new Map<string, number>();
  for (const list of listsOf(tokenIds)) {
    const rows = await sql.run<SeriesFacts & { number: number }>(
      `select number, ${selectedSeries} from journal_series where token_id in (${placeholders(list)})`,
      list,
    );
    for (const found of rows) numbers.set(seriesKey(found), found.number);
  }
  return numbers;
}

/** Adds the students of the sketches. A period that is settled keeps its number. */
export async function addSketches(
  sql: SqlRunner,
  generation: number,
  sketches: readonly RollupSketch[],
): Promise<void> {
  const stored = await storedSketches(sql, generation, sketches);
  const rows: SqlValue[][] = [];
  for (const { grain, tokenId, bucket, sketch } of sketches) {
    const number = grains.indexOf(grain);
    const before = stored.get(`${number} ${tokenId} ${bucket}`);
    if (before === null) continue;
    const joined = before === undefined ? sketch : StudentSketch.decode(before);
    if (joined !== sketch) joined.join(sketch);
    rows.push([generation, number, tokenId, bucket, joined.count(), joined.encode()]);
  }
  await put(
    sql,
    "journal_sketches",
    ["generation", "grain", "token_id", "bucket"],
    ["students", "sketch"],
    rows,
  );
}

/** What stands in the places of sketches; null where the period is settled. */
async function storedSketches(
  sql: SqlRunner,
  generation: number,
  sketches: readonly RollupSketch[],
): Promise<Map<string, Uint8Array | null>> {
  const found = new Map<string, Uint8Array | null>();
  const places = sketches.map(({ grain, tokenId, bucket }) => [grains.indexOf(grain), tokenId, bucket]);
  for (let start = 0; start < places.length; start += blockRows) {
    const block = places.slice(start, start + blockRows);
    const { source, values } =
      sql.dialect === "sqlite" ? rowsOf(block) : arraysOf(["grain", "token_id", "bucket"], block);
    const rows = await sql.run<{
      grain: number;
      token_id: string;
      bucket: number;
      sketch: Uint8Array | null;
    }>(
      `with place (grain, token_id, bucket) as (${source})
        select s.grain, s.token_id, s.bucket, s.sketch
        from place p ${sql.dialect === "sqlite" ? "cross join" : "join"} journal_sketches s
          on s.generation = ? and s.grain = p.grain and s.token_id = p.token_id and s.bucket = p.bucket`,
      [...values, generation],
    );
    for (const { grain, token_id, bucket, sketch } of rows)
      found.set(`${grain} ${token_id} ${bucket}`, sketch);
  }
  return found;
}

/** Drops what tells students apart in the periods that began before; their numbers stay. */
export async function settleSketches(sql: SqlRunner, before: number): Promise<void> {
  await sql.run("update journal_sketches set sketch = null where bucket < ? and sketch is not null", [
    before,
  ]);
}
