import type { Knex } from "knex";
import type { Database } from "../storage/database.ts";
import {
  type JournalRecord,
  type RecordFilter,
  type RecordRow,
  type RecordStorage,
  readRecord,
  receivedAtOf,
  recordColumns,
  withinItsMillisecond,
} from "./journal-record.ts";
import { position } from "./line-encoding.ts";
import { monthOf, monthOfReception } from "./postgres-partition-storage.ts";

/** Reads the journal on PostgreSQL, where the newest lines are those that were received last. */
export function createPostgresRecordStorage({ knex }: Database): RecordStorage {
  return {
    // No index has the identifiers that tell their time.
    latest: (filter, limit, before) => search(knex, withinItsMillisecond(filter), limit, before),
    async linesAfter(after, limit) {
      const query = selectLines(knex).orderBy(["chain", "seq"]).limit(limit);
      if (after !== undefined) query.whereRaw("(chain, seq) > (?, ?)", [after.chain, after.seq]);
      return (await query).map(readRow);
    },
    firstUnfound: () => firstUnfound(knex),
  };
}

/** What the index of requests holds (db/migrations/journal/0006): identifiers that tell no time. */
const tellsNoTime = "request_id not like '________-____-7%'";

/** The first line in the partition of another month than its own: searches by time open only those of the months asked for. */
async function firstUnfound(knex: Knex): Promise<{ chain: string; seq: number } | undefined> {
  return await knex("journal")
    .first("chain", "seq")
    .whereRaw(`month <> ${monthOfReception}`)
    .orderBy(["chain", "seq"]);
}

/** The instant of a line, its chain and its place there. */
const placeShape = /^(\d{1,15}):([\w-]{1,64}):(\d{1,15})$/;

async function search(
  knex: Knex,
  filter: RecordFilter,
  limit: number,
  before: string | undefined,
): Promise<JournalRecord[]> {
  const place = before === undefined ? undefined : placeShape.exec(before);
  // Nothing comes after what is no place: whoever pages may make one up.
  if (place === null) return [];
  const { tokenIds, ...rest } = filter;
  const narrow = (query: Knex.QueryBuilder) => narrowTo(query, rest, place);
  if (tokenIds === undefined) return (await narrow(selectLines(knex)).limit(limit)).map(readRow);
  return (await selectOfTokens(knex, tokenIds, limit, narrow)).map(readRow);
}

const newestFirst = ["received_at", "chain", "seq"].map((column) => ({ column, order: "desc" as const }));

/** Narrows a search to a filter and to what comes after a place, newest first. */
function narrowTo(query: Knex.QueryBuilder, filter: RecordFilter, place: RegExpExecArray | undefined) {
  query.orderBy(newestFirst);
  // Erased lines have no instant and belong to nobody: only the verification reads them.
  query.whereNotNull("received_at");
  applyFilter(query, filter);
  const [, receivedAt = "", chain = "", seq = ""] = place ?? [];
  if (place !== undefined) {
    query.andWhere("received_at", "<=", receivedAt);
    query.andWhereRaw("(received_at, chain, seq) < (?, ?, ?)", [receivedAt, chain, seq]);
  }
  // Only the partitions that can hold such lines are opened.
  if (filter.from !== undefined) query.andWhere("month", ">=", monthOf(filter.from));
  const last = place === undefined ? filter.until : Number(receivedAt);
  if (last !== undefined) query.andWhere("month", "<=", monthOf(last));
  return query;
}

/** The places of the newest lines of each token, by its index; of those the newest of all; and then these lines alone. */
function selectOfTokens(
  knex: Knex,
  tokenIds: readonly string[],
  limit: number,
  narrow: (query: Knex.QueryBuilder) => Knex.QueryBuilder,
): Knex.QueryBuilder<RecordRow, RecordRow[]> {
  const key = ["month", "received_at", "chain", "seq"];
  const ofToken = narrow(knex("journal").select(key).whereRaw("token_id = token.id")).limit(limit);
  const places = knex
    .select(key.map((column) => `own.${column}`))
    .from(knex.raw("unnest(?::text[]) token(id) cross join lateral (?) own", [[...tokenIds], ofToken]))
    .orderBy(newestFirst)
    .limit(limit);
  return selectLines(knex)
    .whereIn(["month", "chain", "seq"], knex.select("month", "chain", "seq").from(places.as("newest")))
    .orderBy(newestFirst);
}

function selectLines(knex: Knex): Knex.QueryBuilder<RecordRow, RecordRow[]> {
  // The table and not its view, which does not tell the month.
  return knex("journal").select(recordColumns);
}

function applyFilter(query: Knex.QueryBuilder, filter: RecordFilter): void {
  const equal = {
    token_id: filter.tokenId,
    procedure_id: filter.procedureId,
    rpc: filter.rpc,
    outcome: filter.outcome,
    request_id: filter.requestId,
    ine_index: filter.ineIndex,
  };
  for (const [column, value] of Object.entries(equal)) if (value !== undefined) query.andWhere(column, value);
  const { requestId } = filter;
  if (requestId !== undefined && receivedAtOf(requestId) === undefined) query.andWhereRaw(tellsNoTime);
  if (filter.from !== undefined) query.andWhere("received_at", ">=", filter.from);
  if (filter.until !== undefined) query.andWhere("received_at", "<", filter.until);
}

function readRow(row: RecordRow): JournalRecord {
  const record = readRecord(row, "");
  return { ...record, cursor: `${record.values[position.receivedAt]}:${record.chain}:${record.seq}` };
}
