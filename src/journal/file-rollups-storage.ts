// One pass of filing: takes the next lines that the roll-ups lack, adds them, and moves the marks, all in the one
// transaction that the caller opens. A crash in between files nothing and loses nothing.
import { addBundles, mergeFullestShelf } from "./bundle-storage.ts";
import { addSeconds } from "./capacity-storage.ts";
import { type Rollup, rollUp, type SeriesRollup } from "./rollup.ts";
import { everybodysOf } from "./rollup-periods.ts";
import { addSeries } from "./rollup-storage.ts";
import { SeriesNumbers } from "./series-numbers-storage.ts";
import type { SqlRunner } from "./sql-runner-storage.ts";
import { type Mark, moveMarks, readUnfiledLines } from "./unfiled-lines-storage.ts";

/** Series that a pass adds to the stored periods at once; of more it makes bundles. */
const fewSeries = 128;
/** Of PostgreSQL's advisory locks: who files. */
const filingLock = 7_013_202_611;

/** Whether this transaction may file; PostgreSQL lets one do it at a time, SQLite one write. */
export async function isFiler(sql: SqlRunner): Promise<boolean> {
  if (sql.dialect === "sqlite") return true;
  const [row] = await sql.run<{ locked: boolean }>("select pg_try_advisory_xact_lock(?) as locked", [
    filingLock,
  ]);
  return row?.locked === true;
}

/** Waits until nobody else files, for the rest of the transaction; the first statement in it. */
export async function becomeFiler(sql: SqlRunner): Promise<void> {
  if (sql.dialect === "postgres") await sql.run("select pg_advisory_xact_lock(?)", [filingLock]);
  // A transaction that has only read could not write any more, once somebody else has.
  else await sql.run("update journal_rollup_state set generation = generation");
}

export async function currentGeneration(sql: SqlRunner): Promise<number> {
  const [row] = await sql.run<{ generation: number }>("select generation from journal_rollup_state");
  return row?.generation ?? 1;
}

export interface FilingOptions {
  /** Of whoever files: forgotten when a transaction fails. */
  readonly numbers?: SeriesNumbers;
  /** Lines that were received before only move the marks. */
  readonly from?: number;
}

/** Files the next lines into a generation. */
export async function fileInto(
  sql: SqlRunner,
  generation: number,
  limit: number,
  { numbers = new SeriesNumbers(), from }: FilingOptions = {},
): Promise<number> {
  const { lines, marks } = await readUnfiledLines(sql, generation, limit);
  if (lines.length === 0) return 0;
  await addRollup(sql, generation, numbers, rollUp(lines, from), marks);
  return lines.length;
}

/** Adds what lines sum up to, and moves the marks over them. */
export async function addRollup(
  sql: SqlRunner,
  generation: number,
  numbers: SeriesNumbers,
  { series, seconds }: Rollup,
  marks: readonly Mark[],
): Promise<void> {
  await addSeries(sql, generation, await numbered(sql, numbers, everybodysOf(series)));
  const owned = await numbered(sql, numbers, series);
  if (series.length <= fewSeries) await addSeries(sql, generation, owned);
  else await addBundles(sql, generation, owned);
  await addSeconds(sql, generation, seconds);
  await moveMarks(sql, generation, marks);
}

async function numbered(sql: SqlRunner, numbers: SeriesNumbers, all: readonly SeriesRollup[]) {
  const found = await numbers.of(
    sql,
    all.map(({ known }) => known),
  );
  return all.map(({ known, minutes, students }, index) => ({
    ...{ number: found[index] as number, tokenId: known.facts.tokenId, minutes, students },
  }));
}

/** Merges bundles of the generation that is read, see mergeFullestShelf. Returns whether there may be more to merge. */
export async function mergeNextBundles(sql: SqlRunner, mayStay: number): Promise<boolean> {
  if (!(await isFiler(sql))) return false;
  return mergeFullestShelf(sql, await currentGeneration(sql), mayStay);
}
