// Bundles: what passes add to the series of a shelf, before it is merged into the stored periods. A pass over calls that
// have little in common appends a few dozen bundles instead of changing thousands of rows, each on a page of its own;
// merged are the bundles of many passes together, a shelf at a time, which then have much in common.
import { mergeInto } from "./rollup-periods.ts";
import type { SeriesFacts } from "./rollup-series.ts";
import { addSeries } from "./rollup-storage.ts";
import { insertRows, placeholders } from "./row-storage.ts";
import { everybody } from "./series-book.ts";
import { decodeBundle, encodeBundle, type NumberedSeries } from "./series-bundle.ts";
import { seriesOfTokens, seriesWithout, tokensOfSeries } from "./series-numbers-storage.ts";
import type { SqlRunner } from "./sql-runner-storage.ts";

/** Series with numbers next to each other, whose rows are neighbours, share a shelf. */
const neighbours = 64;
const shelves = 64;
/** A shelf is merged once it holds more than this part of what all may hold. */
const shelfShare = 32;
/** Minutes of series that one transaction merges, about: calls of a SQLite journal wait for it. */
const mergedMinutes = 512;

const shelfOf = (series: number) => Math.floor(series / neighbours) % shelves;

/** Stores a bundle for each shelf. */
export async function addBundles(
  sql: SqlRunner,
  generation: number,
  series: readonly NumberedSeries[],
): Promise<void> {
  const rows = [...Map.groupBy(series, ({ number }) => shelfOf(number))].map(([shelf, ofShelf]) => {
    const body = encodeBundle(ofShelf);
    return [generation, shelf, body.length, body];
  });
  await insertRows(sql, "journal_bundles", ["generation", "shelf", "size", "body"], rows);
}

/**
 * Merges the fullest shelf when the bundles hold more bytes than may stay: all of them, or those of the shelf its share.
 * Returns whether it did; in the transaction of somebody who files.
 */
export async function mergeFullestShelf(
  sql: SqlRunner,
  generation: number,
  mayStay: number,
): Promise<boolean> {
  const sizes = await sql.run<{ shelf: number; size: number | string }>(
    "select shelf, sum(size) as size from journal_bundles where generation = ? group by shelf order by 2 desc",
    [generation],
  );
  const total = sizes.reduce((sum, { size }) => sum + Number(size), 0);
  const [fullest] = sizes;
  if (fullest === undefined) return false;
  if (total <= mayStay && Number(fullest.size) <= mayStay / shelfShare) return false;
  await mergeShelf(sql, generation, fullest.shelf);
  return true;
}

async function mergeShelf(sql: SqlRunner, generation: number, shelf: number): Promise<void> {
  const bundles = await sql.run<{ id: number | string; body: Uint8Array }>(
    "select id, body from journal_bundles where generation = ? and shelf = ? order by id",
    [generation, shelf],
  );
  const sums = new Map<number, NumberedSeries>();
  let [minutes, last] = [0, 0];
  for (const { id, body } of bundles) {
    if (minutes >= mergedMinutes) break;
    minutes += addBundle(sums, body);
    last = Number(id);
  }
  const tokens = await tokensOfSeries(sql, [...sums.keys()]);
  await addSeries(
    sql,
    generation,
    [...sums.values()].map((series) => ({ ...series, tokenId: tokens.get(series.number) ?? "" })),
  );
  await sql.run("delete from journal_bundles where generation = ? and shelf = ? and id <= ?", [
    generation,
    shelf,
    last,
  ]);
}

/** Returns how many minutes of series it has that no other one before it had. */
function addBundle(sums: Map<number, NumberedSeries>, body: Uint8Array): number {
  let minutes = 0;
  for (const series of decodeBundle(body)) {
    const sum = sums.get(series.number);
    const before = sum?.minutes.size ?? 0;
    if (sum === undefined) sums.set(series.number, series);
    else mergeInto(sum, series);
    minutes += (sum ?? series).minutes.size - before;
  }
  return minutes;
}

/** What bundles hold of a stored series. */
export type BundledSeries = NumberedSeries & { readonly series: SeriesFacts };

/** What the bundles hold of some tokens' series, or of all; a series may come several times. */
export async function readBundles(
  sql: SqlRunner,
  generation: number,
  tokenIds?: readonly string[],
): Promise<BundledSeries[]> {
  const [any] = await sql.run<{ shelf: number }>(
    "select shelf from journal_bundles where generation = ? limit 1",
    [generation],
  );
  if (any === undefined) return [];
  const known = tokenIds === undefined ? seriesWithout(sql, everybody) : seriesOfTokens(sql, tokenIds);
  const facts = new Map((await known).map((series) => [series.number, series]));
  const wanted = [...new Set([...facts.keys()].map(shelfOf))];
  if (wanted.length === 0) return [];
  const bundles = await sql.run<{ body: Uint8Array }>(
    `select body from journal_bundles where generation = ? and shelf in (${placeholders(wanted)})`,
    [generation, ...wanted],
  );
  const found: BundledSeries[] = [];
  for (const { body } of bundles) {
    for (const bundled of decodeBundle(body)) {
      const series = facts.get(bundled.number);
      if (series !== undefined) found.push({ ...bundled, series });
    }
  }
  return found;
}
