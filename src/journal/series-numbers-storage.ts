// The numbers under which series are stored.
import { type SeriesFacts, seriesColumns, seriesKey } from "./rollup-series.ts";
import { listsOf, placeholders } from "./row-storage.ts";
import type { KnownSeries } from "./series-book.ts";
import type { SqlRunner } from "./sql-runner-storage.ts";

/** Series whose numbers are remembered. */
const keptSeries = 65_536;

const selectedSeries = seriesColumns.map(([field, column]) => `${column} as "${field}"`).join(", ");

/** A series as it is stored. */
export type NumberedFacts = SeriesFacts & { readonly number: number };

/** Of somebody who files: numbers never change once their transaction is committed. */
export class SeriesNumbers {
  readonly #known = new Map<string, number>();

  /** Remembers nothing any more: the numbers of new series went with their transaction. */
  forget(): void {
    this.#known.clear();
  }

  /** The number of each series; those that are new are stored. */
  async of(sql: SqlRunner, wanted: readonly KnownSeries[]): Promise<number[]> {
    if (this.#known.size > keptSeries) this.forget();
    const unknown = wanted.filter(({ key }) => !this.#known.has(key));
    if (unknown.length > 0) await this.#learn(sql, unknown);
    return wanted.map(({ key }) => this.#known.get(key) as number);
  }

  async #learn(sql: SqlRunner, unknown: readonly KnownSeries[]): Promise<void> {
    const tokens = [...new Set(unknown.map(({ facts }) => facts.tokenId))];
    await this.#find(sql, tokens);
    // Only the new ones are inserted: a row that is refused would take a number all the same.
    const missing = unknown.filter(({ key }) => !this.#known.has(key)).map(({ facts }) => facts);
    if (missing.length === 0) return;
    await insertSeries(sql, missing);
    await this.#find(sql, tokens);
  }

  async #find(sql: SqlRunner, tokens: readonly string[]): Promise<void> {
    for (const facts of await seriesOfTokens(sql, tokens)) this.#known.set(seriesKey(facts), facts.number);
  }
}

async function insertSeries(sql: SqlRunner, series: readonly SeriesFacts[]): Promise<void> {
  const row = `(${placeholders(seriesColumns)})`;
  const names = seriesColumns.map(([, column]) => column).join(", ");
  for (const list of listsOf(series)) {
    await sql.run(
      `insert into journal_series (${names}) values ${list.map(() => row).join(", ")}`,
      list.flatMap((facts) => seriesColumns.map(([field]) => facts[field])),
    );
  }
}

/** All series of tokens. */
export async function seriesOfTokens(
  sql: SqlRunner,
  tokenIds: readonly string[],
): Promise<readonly NumberedFacts[]> {
  const found: NumberedFacts[] = [];
  for (const list of listsOf(tokenIds)) {
    const rows = await sql.run<NumberedFacts>(
      `select number, ${selectedSeries} from journal_series where token_id in (${placeholders(list)})`,
      list,
    );
    for (const row of rows) found.push(row);
  }
  return found;
}

/** All series but those of a token. */
export async function seriesWithout(sql: SqlRunner, tokenId: string): Promise<readonly NumberedFacts[]> {
  return await sql.run<NumberedFacts>(
    `select number, ${selectedSeries} from journal_series where token_id <> ?`,
    [tokenId],
  );
}

/** The token of each series. */
export async function tokensOfSeries(
  sql: SqlRunner,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  for (const list of listsOf(numbers)) {
    const rows = await sql.run<{ number: number; token_id: string }>(
      `select number, token_id from journal_series where number in (${placeholders(list)})`,
      list,
    );
    for (const { number, token_id } of rows) found.set(number, token_id);
  }
  return found;
}
