// Adds to the periods that are stored: what stands there is read, joined with what comes and written back, in a
// transaction in which nobody else files.
import { decodeHistogram, encodeHistogram } from "./latency-histogram.ts";
import { addCell, type Cell, grains } from "./rollup.ts";
import { periodsOf, type RollupSketch, sketchesOf } from "./rollup-periods.ts";
import { put, sourcesOf } from "./row-storage.ts";
import type { NumberedSeries } from "./series-bundle.ts";
import type { SqlRunner, SqlValue } from "./sql-runner-storage.ts";
import { StudentSketch } from "./student-sketch.ts";

/** Adds calls and students of series to all their periods. */
export async function addSeries(
  sql: SqlRunner,
  generation: number,
  series: readonly (NumberedSeries & { readonly tokenId: string })[],
): Promise<void> {
  await addCells(sql, generation, series);
  await addSketches(sql, generation, sketchesOf(series));
}

/** A row of `journal_rollups`. */
interface Sum extends Cell {
  readonly series: number;
  readonly bucket: number;
}

async function addCells(sql: SqlRunner, generation: number, all: readonly NumberedSeries[]): Promise<void> {
  const sums = grains.map(() => [] as Sum[]);
  for (const { number: series, minutes } of all) {
    for (const { grain, bucket, cell } of periodsOf(minutes)) {
      // Periods may share a cell.
      sums[grains.indexOf(grain)]?.push({ ...cell, series, bucket, latency: [...cell.latency] });
    }
  }
  for (const [grain, ofGrain] of sums.entries()) {
    ofGrain.sort((a, b) => a.series - b.series || a.bucket - b.bucket);
    await addToStored(sql, generation, grain, ofGrain);
    await put(
      sql,
      "journal_rollups",
      ["generation", "grain", "series", "bucket"],
      ["calls", "duration_us", "response_bytes", "latency"],
      ofGrain.map(({ series, bucket, calls, durationUs, responseBytes, latency }) => [
        ...[generation, grain, series, bucket, calls, durationUs, responseBytes],
        encodeHistogram(latency),
      ]),
    );
  }
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
function cellOf({ calls, duration_us, response_bytes, latency }: StoredCell): Cell {
  return {
    calls: Number(calls),
    durationUs: Number(duration_us),
    responseBytes: Number(response_bytes),
    latency: decodeHistogram(latency),
  };
}

/** Adds what stands at these places: one look into the index for each. */
async function addToStored(
  sql: SqlRunner,
  generation: number,
  grain: number,
  sums: readonly Sum[],
): Promise<void> {
  const byPlace = new Map(sums.map((sum) => [`${sum.series} ${sum.bucket}`, sum]));
  const places = sums.map(({ series, bucket }) => [series, bucket]);
  for (const { source, values } of sourcesOf(sql.dialect, ["series", "bucket"], places)) {
    const rows = await sql.run<StoredCell>(
      `with place (series, bucket) as (${source})
        select r.series, r.bucket, r.calls, r.duration_us, r.response_bytes, r.latency
        from place p ${sql.dialect === "sqlite" ? "cross join" : "join"} journal_rollups r
          on r.generation = ? and r.grain = ? and r.series = p.series and r.bucket = p.bucket`,
      [...values, generation, grain],
    );
    for (const row of rows) {
      const sum = byPlace.get(`${row.series} ${row.bucket}`);
      if (sum !== undefined) addCell(sum, cellOf(row));
    }
  }
}

/** Adds the students of the sketches. A period that is settled keeps its number. */
async function addSketches(
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
  const names = ["grain", "token_id", "bucket"];
  for (const { source, values } of sourcesOf(sql.dialect, names, places)) {
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
