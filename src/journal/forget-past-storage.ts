// Drops what is kept for some time only: calls by the second, and what tells students apart in periods long over. Step by
// step, since calls of a SQLite journal wait for each.
import { addParisMonths } from "../paris-time.ts";
import { currentGeneration, isFiler } from "./file-rollups-storage.ts";
import { placeholders } from "./row-storage.ts";
import type { SqlRunner } from "./sql-runner-storage.ts";

/** A second is kept until its latest calls have come: two months, in seconds. */
const keptSeconds = 62 * 86_400;
/** Sketches are settled after so many months: a line lives at least 24. */
const settledAfterMonths = 13;
/** Seconds, and tokens with all their periods, of one step. */
const [stepSeconds, stepTokens] = [2000, 8];

/**
 * One step, in a transaction that the caller opens: to be begun with an empty text, and to be called again with what it
 * returns until that is undefined. The past is what lies behind the latest call by `now`: the line of a clock that was
 * ahead is no reason to forget.
 */
export async function forgetPast(sql: SqlRunner, now: number, after: string): Promise<string | undefined> {
  if (!(await isFiler(sql))) return undefined;
  const generation = await currentGeneration(sql);
  const last = await latestSecond(sql, generation, now);
  if (last === undefined) return undefined;
  if (await dropSeconds(sql, generation, last - keptSeconds)) return after;
  const tokens = await tokensAfter(sql, generation, after);
  if (tokens.length === 0) return undefined;
  await settleSketches(sql, generation, tokens, addParisMonths(last * 1000, -settledAfterMonths));
  return tokens.at(-1);
}

async function latestSecond(sql: SqlRunner, generation: number, now: number): Promise<number | undefined> {
  const [row] = await sql.run<{ last: number | string | null }>(
    "select max(second) as last from journal_seconds where generation = ? and second <= ?",
    [generation, Math.floor(now / 1000)],
  );
  const last = row?.last ?? undefined;
  return last === undefined ? undefined : Number(last);
}

/** Returns whether there may be more to drop. */
async function dropSeconds(sql: SqlRunner, generation: number, before: number): Promise<boolean> {
  const dropped = await sql.run<object>(
    `delete from journal_seconds where generation = ? and second in
      (select second from journal_seconds where generation = ? and second < ? order by second limit ${stepSeconds})
      returning 1 as one`,
    [generation, generation, before],
  );
  return dropped.length === stepSeconds;
}

/** Whoever has students of a day has those of its month as well (grain 3), which are fewer rows. */
async function tokensAfter(sql: SqlRunner, generation: number, after: string): Promise<string[]> {
  const rows = await sql.run<{ token: string }>(
    `select distinct token_id as token from journal_sketches where generation = ? and grain = 3 and token_id > ?
      order by token_id limit ${stepTokens}`,
    [generation, after],
  );
  return rows.map(({ token }) => token);
}

/** The numbers of the periods that began before stay. */
async function settleSketches(
  sql: SqlRunner,
  generation: number,
  tokens: readonly string[],
  before: number,
): Promise<void> {
  await sql.run(
    `update journal_sketches set sketch = null where generation = ? and grain in (2, 3)
      and token_id in (${placeholders(tokens)}) and bucket < ? and sketch is not null`,
    [generation, ...tokens, before],
  );
}
