// Reads the journal. Only the writer's thread writes it.

import type { Knex } from "knex";
import type { Awaitable } from "../awaitable.ts";
import type { Database } from "../storage/database.ts";
import type { SealedFacts } from "./journal.ts";
import { ineIndex, type JournalKeys } from "./journal-keys.ts";
import { type PlainValue, plainColumns, readSealedText } from "./line-encoding.ts";
import { unseal } from "./seal.ts";

/** A line as it was read: columns are null once it is erased. */
export interface JournalRecord {
  readonly chain: string;
  readonly seq: number;
  readonly version: number;
  readonly commitment: Buffer;
  readonly hash: Buffer;
  readonly salt: Buffer | null;
  readonly sealed: Buffer | null;
  readonly keyId: string | null;
  readonly ineIndex: Buffer | null;
  /** In the order of `plainColumns`. */
  readonly values: readonly PlainValue[];
}

export interface LineFilter {
  readonly tokenId?: string;
  readonly procedureId?: string;
  readonly rpc?: string;
  readonly outcome?: string;
  readonly requestId?: string;
  /** Lines of the calls that concern this INE. */
  readonly ine?: string;
  /** Instants of reception in milliseconds: from (included), until (excluded). */
  readonly from?: number;
  readonly until?: number;
}

/** Where a page ends: the last line that was shown. */
export interface PageEnd {
  readonly receivedAt: number;
  readonly chain: string;
  readonly seq: number;
}

export interface UsageOfDay {
  /** YYYY-MM-DD in Europe/Paris. */
  readonly day: string;
  readonly rpc: string;
  readonly outcome: string;
  readonly calls: number;
}

export interface JournalReader {
  /** Calls of a token from one day to another, both included, by day, method and outcome. */
  usageByDay(tokenId: string, fromDay: string, toDay: string): Awaitable<UsageOfDay[]>;
  /** Lines that pass the filter, newest first, at most `limit`; `before` continues after a page. */
  latest(filter: LineFilter, limit: number, before?: PageEnd): Promise<JournalRecord[]>;
  findByIne(ine: string, limit: number, before?: PageEnd): Promise<JournalRecord[]>;
  findByRequestId(requestId: string): Promise<JournalRecord[]>;
  /** The sealed facts of a line, or undefined when it is erased; throws an UnsealError. */
  open(record: JournalRecord): SealedFacts | undefined;
  /** Identifier of the first chain after this one, in their order. */
  chainAfter(chain: string): Promise<string | undefined>;
  /** Lines of a chain after `seq`, in order, at most `limit`. */
  linesAfter(chain: string, seq: number, limit: number): Promise<JournalRecord[]>;
}

const plainNames = plainColumns.map(({ name }) => name);
const columnNames = [
  ...["chain", "seq", "version", "commitment", "hash", "salt", "sealed", "key_id", "ine_index"],
  ...plainNames,
];
type Row = Record<string, PlainValue | Buffer>;

export function createJournalReader({ knex, prepare }: Database, keys: JournalKeys): JournalReader {
  const usage = prepare<UsageOfDay>("journal_usage_by_day", (builder) =>
    builder("journal_usage")
      .select("day", "rpc", "outcome")
      .select(builder.raw("cast(sum(calls) as bigint) as calls"))
      .where("token_id", builder.raw("?"))
      .andWhere("day", ">=", builder.raw("?"))
      .andWhere("day", "<=", builder.raw("?"))
      .groupBy("day", "rpc", "outcome")
      .orderBy(["day", "rpc", "outcome"]),
  );
  async function latest(filter: LineFilter, limit: number, before?: PageEnd): Promise<JournalRecord[]> {
    const query = selectLines(knex).limit(limit);
    query.orderBy(["received_at", "chain", "seq"].map((column) => ({ column, order: "desc" })));
    // Erased lines have no instant and belong to nobody: only the verification reads them.
    query.whereNotNull("received_at");
    applyFilter(query, filter, keys);
    if (before !== undefined) {
      query.andWhere("received_at", "<=", before.receivedAt);
      query.andWhereRaw("(received_at, chain, seq) < (?, ?, ?)", [
        before.receivedAt,
        before.chain,
        before.seq,
      ]);
    }
    return (await query).map(readRow);
  }
  return {
    usageByDay: (tokenId, fromDay, toDay) => usage(tokenId, fromDay, toDay),
    latest,
    findByIne: (ine, limit, before) => latest({ ine }, limit, before),
    findByRequestId: (requestId) => latest({ requestId }, 100),
    open: (record) => openFacts(record, keys),
    async chainAfter(chain) {
      const row = await knex<{ chain: string }>("journal")
        .select("chain")
        .where("chain", ">", chain)
        .orderBy("chain")
        .first();
      return row?.chain;
    },
    async linesAfter(chain, seq, limit) {
      const query = selectLines(knex).where({ chain }).andWhere("seq", ">", seq).orderBy("seq").limit(limit);
      return (await query).map(readRow);
    },
  };
}

function selectLines(knex: Knex): Knex.QueryBuilder<Row, Row[]> {
  return knex("journal").select(columnNames);
}

function applyFilter(query: Knex.QueryBuilder, filter: LineFilter, keys: JournalKeys): void {
  const equal = {
    token_id: filter.tokenId,
    procedure_id: filter.procedureId,
    rpc: filter.rpc,
    outcome: filter.outcome,
    request_id: filter.requestId,
    ine_index: filter.ine === undefined ? undefined : ineIndex(keys, filter.ine),
  };
  for (const [column, value] of Object.entries(equal)) if (value !== undefined) query.andWhere(column, value);
  if (filter.from !== undefined) query.andWhere("received_at", ">=", filter.from);
  if (filter.until !== undefined) query.andWhere("received_at", "<", filter.until);
}

function readRow(row: Row): JournalRecord {
  return {
    chain: row["chain"] as string,
    seq: row["seq"] as number,
    version: row["version"] as number,
    commitment: row["commitment"] as Buffer,
    hash: row["hash"] as Buffer,
    salt: row["salt"] as Buffer | null,
    sealed: row["sealed"] as Buffer | null,
    keyId: row["key_id"] as string | null,
    ineIndex: row["ine_index"] as Buffer | null,
    values: plainNames.map((name) => row[name] as PlainValue),
  };
}

/** Opens the sealed text of a line that is not erased; throws an UnsealError. */
export function openSealedText(record: JournalRecord, keys: JournalKeys): string | undefined {
  const { sealed, keyId, chain, seq } = record;
  if (sealed === null || keyId === null) return undefined;
  return unseal(keys, keyId, `${chain}:${seq}`, sealed);
}

function openFacts(record: JournalRecord, keys: JournalKeys): SealedFacts | undefined {
  const text = openSealedText(record, keys);
  return text === undefined ? undefined : readSealedText(text);
}
