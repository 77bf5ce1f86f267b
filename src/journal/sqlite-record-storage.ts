import type { Knex } from "knex";
import type { Database } from "../storage/database.ts";
import {
  type JournalRecord,
  type RecordFilter,
  type RecordRow,
  type RecordStorage,
  readRecord,
  recordColumns,
  withinItsMillisecond,
} from "./journal-record.ts";
import { placeholders } from "./row-storage.ts";
import { segmentLines } from "./sqlite-segment-storage.ts";

/**
 * Reads the journal on SQLite, where the newest lines are those that were written last. What is not filed in a segment
 * yet is scanned: 0.2 µs a line, at most some thousands of them.
 */
export function createSqliteRecordStorage({ knex }: Database): RecordStorage {
  return {
    latest: (filter, limit, before) => search(knex, withinItsMillisecond(filter), limit, before),
    async linesAfter(after, limit) {
      const rows = await knex("journal_lines")
        .select("id", ...recordColumns)
        .where("id", ">", Number(after?.cursor ?? 0))
        .orderBy("id")
        .limit(limit);
      return rows.map(readRow);
    },
    firstUnfound: () => firstUnfound(knex),
  };
}

/** The first line that is in no segment yet, as SQL. */
export const firstUnfiled = `coalesce((select max(number) + 1 from journal_segments), 0) * ${segmentLines}`;

async function search(
  knex: Knex,
  filter: RecordFilter,
  limit: number,
  before: string | undefined,
): Promise<JournalRecord[]> {
  const [{ tail }] = await knex.raw(`select ${firstUnfiled} as tail`);
  const end = before === undefined ? Number.MAX_SAFE_INTEGER : Number(before);
  const rows = await scan(knex, filter, limit, tail, end);
  // Lines are filed in their order and never moved: those under the tail that was read first are filed.
  if (rows.length < limit)
    rows.push(...(await searchFiled(knex, filter, limit - rows.length, Math.min(tail, end))));
  return rows.map(readRow);
}

async function searchFiled(
  knex: Knex,
  filter: RecordFilter,
  limit: number,
  end: number,
): Promise<RecordRow[]> {
  const [range] = await knex("journal_segments")
    .min({ lowest: "number" })
    .max({ highest: "number" })
    .where("last_received_at", ">=", filter.from ?? 0)
    .andWhere("first_received_at", "<", filter.until ?? Number.MAX_SAFE_INTEGER)
    .andWhere("number", "<", Math.ceil(end / segmentLines));
  const { lowest, highest } = range as { lowest: number | null; highest: number };
  if (lowest === null) return [];
  if (filter.tokenIds !== undefined) return await searchTokens(knex, filter, limit, end, [lowest, highest]);
  const entry =
    filter.ineIndex !== undefined
      ? { table: "journal_students", column: "ine_index", value: filter.ineIndex }
      : { table: "journal_tokens", column: "token_id", value: filter.tokenId };
  if (entry.value === undefined) return await scanSegments(knex, filter, limit, end, [lowest, highest]);
  const sources = `journal_segments s cross join ${entry.table} e on e.segment = s.number and e.${entry.column} = ?
    cross join journal l on l.id = e.id`;
  const query = selectLines(knex, sources, [entry.value as string]).limit(limit);
  query.whereBetween("s.number", [lowest, highest]).andWhere("e.id", "<", end);
  query.orderBy([
    { column: "s.number", order: "desc" },
    { column: "e.id", order: "desc" },
  ]);
  applyFilter(query, filter);
  return await query;
}

/** Segments whose entries are looked through together, at most. */
const mostSegments = 64;

/**
 * The lines of many tokens. The entries of a segment stand by token: they are put in the order of the lines before any
 * line is read, in the newest segment first, and in more of them at a time where there are few.
 */
async function searchTokens(
  knex: Knex,
  filter: RecordFilter,
  limit: number,
  end: number,
  [lowest, highest]: readonly [number, number],
): Promise<RecordRow[]> {
  const rows: RecordRow[] = [];
  let [last, segments, before] = [highest, 1, end];
  while (last >= lowest && rows.length < limit) {
    const first = Math.max(lowest, last - segments + 1);
    const ids = await idsOfTokens(knex, filter.tokenIds ?? [], limit, [first, last], before);
    const query = selectLines(knex, "journal l", []).whereIn("l.id", ids).orderBy("l.id", "desc");
    applyFilter(query, filter);
    if (ids.length > 0) rows.push(...(await query.limit(limit - rows.length)));
    if (ids.length === limit) {
      before = ids.at(-1) as number;
    } else {
      last = first - 1;
      segments = Math.min(2 * segments, mostSegments);
    }
  }
  return rows;
}

/** The newest lines of these tokens in these segments, before an id. Joined so that each token is sought in each segment. */
async function idsOfTokens(
  knex: Knex,
  tokenIds: readonly string[],
  limit: number,
  segments: readonly [first: number, last: number],
  before: number,
): Promise<number[]> {
  const sources = `journal_segments s cross join journal_tokens e
    on e.segment = s.number and e.token_id in (${placeholders(tokenIds)})`;
  const entries = knex.from(knex.raw(sources, [...tokenIds])).whereBetween("s.number", [...segments]);
  return await entries.andWhere("e.id", "<", before).orderBy("e.id", "desc").limit(limit).pluck("e.id");
}

/** Lines of segments, newest first, a statement for each: calls are served between two, and what is looked for may be nowhere. */
async function scanSegments(
  knex: Knex,
  filter: RecordFilter,
  limit: number,
  end: number,
  [lowest, highest]: readonly [number, number],
): Promise<RecordRow[]> {
  const rows: RecordRow[] = [];
  for (let number = highest; number >= lowest && rows.length < limit; number -= 1) {
    const before = Math.min(end, (number + 1) * segmentLines);
    rows.push(...(await scan(knex, filter, limit - rows.length, number * segmentLines, before)));
  }
  return rows;
}

/** Lines from an id to before another one, newest first. */
async function scan(knex: Knex, filter: RecordFilter, limit: number, first: number, end: number) {
  const query = selectLines(knex, "journal l", []).limit(limit).orderBy("l.id", "desc");
  query.where("l.id", ">=", first).andWhere("l.id", "<", end);
  applyFilter(query, filter);
  return await query;
}

const kindNames = new Set(
  "version key_id protocol http_method route rpc http_status rpc_code error_id outcome".split(" "),
);
const qualified = recordColumns.map((name) =>
  name === "chain" ? "c.chain" : kindNames.has(name) ? `k.${name}` : `l.${name}`,
);

// The view would be read whole before it is joined.
function selectLines(
  knex: Knex,
  sources: string,
  bindings: (string | Buffer)[],
): Knex.QueryBuilder<RecordRow, RecordRow[]> {
  const joins =
    "left join journal_chains c on c.number = l.chain left join journal_kinds k on k.number = l.kind";
  return knex.select("l.id", ...qualified).from(knex.raw(`${sources} ${joins}`, bindings));
}

function applyFilter(query: Knex.QueryBuilder, filter: RecordFilter): void {
  const equal = {
    "l.token_id": filter.tokenId,
    "l.procedure_id": filter.procedureId,
    "k.rpc": filter.rpc,
    "k.outcome": filter.outcome,
    "l.request_id": filter.requestId,
    "l.ine_index": filter.ineIndex,
  };
  // Erased lines have no instant and belong to nobody: only the verification reads them.
  query.whereNotNull("l.received_at");
  for (const [column, value] of Object.entries(equal)) if (value !== undefined) query.andWhere(column, value);
  if (filter.tokenIds !== undefined) query.whereIn("l.token_id", filter.tokenIds);
  if (filter.from !== undefined) query.andWhere("l.received_at", ">=", filter.from);
  if (filter.until !== undefined) query.andWhere("l.received_at", "<", filter.until);
}

/** The first filed line that a search by student or token would miss. */
async function firstUnfound(knex: Knex): Promise<{ chain: string; seq: number } | undefined> {
  const [row] = await knex.raw(
    `select c.chain, l.seq from journal l left join journal_chains c on c.number = l.chain
      where l.id < ${firstUnfiled} and (
        l.ine_index is not null and not exists (select 1 from journal_students e
          where e.segment = l.id / ${segmentLines} and e.ine_index = l.ine_index and e.id = l.id)
        or l.token_id is not null and not exists (select 1 from journal_tokens e
          where e.segment = l.id / ${segmentLines} and e.token_id = l.token_id and e.id = l.id))
      order by l.id limit 1`,
  );
  return row;
}

function readRow(row: RecordRow): JournalRecord {
  return readRecord(row, String(row["id"]));
}
