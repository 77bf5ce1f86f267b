import type { Knex } from "knex";
import type { Database } from "../storage/database.ts";
import {
  type JournalRecord,
  type RecordFilter,
  type RecordRow,
  type RecordStorage,
  readRecord,
  recordColumns,
  type UsageOfDay,
} from "./journal-record.ts";
import { position } from "./line-encoding.ts";

/** Reads the journal on PostgreSQL, where the newest lines are those that were received last. */
export function createPostgresRecordStorage({ knex, prepare }: Database): RecordStorage {
  const usageByDay = prepare<UsageOfDay>("journal_usage_by_day", (builder) =>
    builder("journal_usage")
      .select("day", "rpc", "outcome")
      .select(builder.raw("cast(sum(calls) as bigint) as calls"))
      .where("token_id", builder.raw("?"))
      .andWhere("day", ">=", builder.raw("?"))
      .andWhere("day", "<=", builder.raw("?"))
      .groupBy("day", "rpc", "outcome")
      .orderBy(["day", "rpc", "outcome"]),
  );
  return {
    usageByDay: (tokenId, fromDay, toDay) => usageByDay(tokenId, fromDay, toDay),
    async latest(filter, limit, before) {
      const query = selectLines(knex).limit(limit);
      query.orderBy(["received_at", "chain", "seq"].map((column) => ({ column, order: "desc" })));
      // Erased lines have no instant and belong to nobody: only the verification reads them.
      query.whereNotNull("received_at");
      applyFilter(query, filter);
      if (before !== undefined) {
        const [receivedAt = "", chain = "", seq = ""] = before.split(":");
        query.andWhere("received_at", "<=", receivedAt);
        query.andWhereRaw("(received_at, chain, seq) < (?, ?, ?)", [receivedAt, chain, seq]);
      }
      return (await query).map(readRow);
    },
    async linesAfter(after, limit) {
      const query = selectLines(knex).orderBy(["chain", "seq"]).limit(limit);
      if (after !== undefined) query.whereRaw("(chain, seq) > (?, ?)", [after.chain, after.seq]);
      return (await query).map(readRow);
    },
    // The server's own indexes cannot lack a line.
    firstUnfound: async () => undefined,
  };
}

function selectLines(knex: Knex): Knex.QueryBuilder<RecordRow, RecordRow[]> {
  return knex("journal_lines").select(recordColumns);
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
  if (filter.from !== undefined) query.andWhere("received_at", ">=", filter.from);
  if (filter.until !== undefined) query.andWhere("received_at", "<", filter.until);
}

function readRow(row: RecordRow): JournalRecord {
  const record = readRecord(row, "");
  return { ...record, cursor: `${record.values[position.receivedAt]}:${record.chain}:${record.seq}` };
}
