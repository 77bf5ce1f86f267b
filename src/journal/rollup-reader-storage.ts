// Reads the roll-ups, and adds what is not filed yet, of one state of the database: each line counts once, at once.
import type { Database } from "../storage/database.ts";
import { readBundles } from "./bundle-storage.ts";
import type { CapacityDay } from "./capacity.ts";
import { readCapacity } from "./capacity-storage.ts";
import { currentGeneration } from "./file-rollups-storage.ts";
import { decodeHistogram, percentileOf } from "./latency-histogram.ts";
import { addCell, type Cell, type Grain, grains, type Rollup, rollUp, type SeriesRollup } from "./rollup.ts";
import { everybodysOf, foldMinutes } from "./rollup-periods.ts";
import { type Dimension, type SeriesFacts, seriesColumns } from "./rollup-series.ts";
import { placeholders } from "./row-storage.ts";
import { everybody } from "./series-book.ts";
import { readSnapshot, type SqlRunner } from "./sql-runner-storage.ts";
import { countStudents, type StudentCounts } from "./student-counts-storage.ts";
import { readUnfiledLines } from "./unfiled-lines-storage.ts";

export interface UsageQuery {
  readonly grain: Grain;
  /** Instants in milliseconds: the buckets that start in between, the second one excluded. */
  readonly from: number;
  readonly until: number;
  /** Absent: the calls of all, and of those who have no token. */
  readonly tokenIds?: readonly string[] | undefined;
  readonly filter?: Partial<SeriesFacts>;
  /** What the calls are told apart by, beside the time. */
  readonly by: readonly Dimension[];
  /** Whether calls are told apart by time. */
  readonly overTime: boolean;
  /** Whether latencies are wanted; without them a query over many tokens is much cheaper. */
  readonly withLatency: boolean;
}

/** Calls of one bucket that have the facts in common. */
export interface UsageCell extends Cell {
  /** First millisecond; 0 when the query does not tell times apart. */
  readonly bucket: number;
  readonly facts: Partial<SeriesFacts>;
}

export interface RollupReader {
  usage(query: UsageQuery): Promise<UsageCell[]>;
  /** Distinct students by bucket, and of all buckets together; undefined where it can no longer be told. */
  students(
    grain: "day" | "month",
    from: number,
    until: number,
    tokenIds?: readonly string[],
  ): Promise<StudentCounts>;
  capacity(from: number, until: number): Promise<CapacityDay[]>;
  /** Duration in microseconds that the share (0 to 1) of the calls did not exceed; within 5 %. */
  percentile(latency: readonly number[], share: number): number | undefined;
}

/** Lines that a reader adds at most: while a long journal is filed for the first time, statistics lag behind. */
const tailLines = 20_000;

export function createRollupReader(database: Database): RollupReader {
  const read = <T>(work: (sql: SqlRunner, generation: number, tail: Rollup) => Promise<T>) =>
    readSnapshot(database, async (sql) => {
      const generation = await currentGeneration(sql);
      const { lines } = await readUnfiledLines(sql, generation, tailLines);
      return work(sql, generation, rollUp(lines));
    });
  return {
    usage: (query) =>
      read(async (sql, generation, tail) => {
        const sums = new Sums(query);
        for (const row of await storedRows(sql, generation, query)) sums.addRow(row);
        for (const series of await notStored(sql, generation, tail, ownersOf(query))) sums.addSeries(series);
        return sums.cells();
      }),
    students: (grain, from, until, tokenIds) =>
      read(async (sql, generation, tail) => {
        const owners = tokenIds ?? [everybody];
        const recent = await notStored(sql, generation, tail, owners);
        return countStudents(sql, generation, recent, grain, from, until, owners);
      }),
    capacity: (from, until) =>
      read((sql, generation, tail) => readCapacity(sql, generation, tail.seconds, from, until)),
    percentile: percentileOf,
  };
}

type StoredRow = Partial<SeriesFacts> & {
  readonly bucket: number;
  readonly calls: number;
  readonly durationUs: number;
  readonly responseBytes: number;
  readonly latency: Uint8Array | null;
};

/** Who is asked for: tokens, everybody's own series, or each token's. */
function ownersOf({ tokenIds, by, filter = {} }: UsageQuery): readonly string[] | undefined {
  if (tokenIds !== undefined) return tokenIds;
  const tellsTokens = [...by, ...Object.keys(filter)].some((name) => /^(?:token|procedure)Id$/.test(name));
  return tellsTokens ? undefined : [everybody];
}

interface Recent extends Pick<SeriesRollup, "minutes" | "students"> {
  readonly series: SeriesFacts;
}

/** What the stored periods lack of the owners' series, everybody's among them: bundles, and the tail. */
async function notStored(
  sql: SqlRunner,
  generation: number,
  tail: Rollup,
  owners: readonly string[] | undefined,
): Promise<Recent[]> {
  const recent = (series: readonly SeriesRollup[]) =>
    series.map(({ known, minutes, students }) => ({ series: known.facts, minutes, students }));
  if (owners?.includes(everybody)) return recent(everybodysOf(tail.series));
  return [
    ...recent(tail.series).filter(({ series }) => owners?.includes(series.tokenId) ?? true),
    ...(await readBundles(sql, generation, owners)),
  ];
}

async function storedRows(sql: SqlRunner, generation: number, query: UsageQuery): Promise<StoredRow[]> {
  const { grain, from, until, by, overTime, withLatency } = query;
  const owners = ownersOf(query);
  if (owners?.length === 0) return [];
  const conditions = [owners === undefined ? "s.token_id <> ?" : `s.token_id in (${placeholders(owners)})`];
  const values: (string | number)[] = [...(owners ?? [everybody])];
  for (const [field, column] of seriesColumns) {
    const value = query.filter?.[field];
    if (value === undefined) continue;
    conditions.push(`s.${column} = ?`);
    values.push(value);
  }
  const facts = seriesColumns.filter(([field]) => by.includes(field));
  const told = [...(overTime ? ["r.bucket"] : []), ...facts.map(([, column]) => `s.${column}`)];
  const named = [
    ...(overTime ? ["r.bucket"] : ["0 as bucket"]),
    ...facts.map(([field, column]) => `s.${column} as "${field}"`),
  ];
  const sums = withLatency
    ? 'r.calls, r.duration_us as "durationUs", r.response_bytes as "responseBytes", r.latency'
    : ["calls", "duration_us", "response_bytes"]
        .map(
          (column, index) =>
            `cast(sum(r.${column}) as bigint) as "${["calls", "durationUs", "responseBytes"][index]}"`,
        )
        .concat("null as latency")
        .join(", ");
  const grouping = withLatency || told.length === 0 ? "" : `group by ${told.join(", ")}`;
  // The series first: each one's buckets stand together.
  return await sql.run<StoredRow>(
    `select ${named.join(", ")}, ${sums} from journal_series s
      ${sql.dialect === "sqlite" ? "cross join" : "join"} journal_rollups r
        on r.generation = ? and r.grain = ? and r.series = s.number and r.bucket >= ? and r.bucket < ?
      where ${conditions.join(" and ")} ${grouping}`,
    [generation, grains.indexOf(grain), from, until, ...values],
  );
}

/** Calls by bucket and facts. */
class Sums {
  readonly #query: UsageQuery;
  readonly #cells = new Map<string, UsageCell>();

  constructor(query: UsageQuery) {
    this.#query = query;
  }

  addRow(row: StoredRow): void {
    // A sum over nothing is null.
    if (row.calls === null) return;
    const latency = row.latency === null ? [] : decodeHistogram(row.latency);
    this.add(row.bucket, row, { ...row, latency });
  }

  add(bucket: number, facts: Partial<SeriesFacts>, calls: Cell): void {
    const { by, overTime } = this.#query;
    const at = overTime ? bucket : 0;
    const key = [at, ...by.map((name) => facts[name])].join("\n");
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      const kept = Object.fromEntries(by.map((name) => [name, facts[name]]));
      cell = { bucket: at, facts: kept, calls: 0, durationUs: 0, responseBytes: 0, latency: [] };
      this.#cells.set(key, cell);
    }
    addCell(cell, calls);
  }

  /** Those of its calls that are asked for; the owners are. */
  addSeries({ series, minutes }: Recent): void {
    const { grain, from, until, filter = {} } = this.#query;
    if (Object.entries(filter).some(([name, value]) => series[name as Dimension] !== value)) return;
    for (const [bucket, cell] of foldMinutes(minutes, grain)) {
      if (bucket >= from && bucket < until) this.add(bucket, series, cell);
    }
  }

  cells(): UsageCell[] {
    return [...this.#cells.values()].sort((a, b) => a.bucket - b.bucket);
  }
}
