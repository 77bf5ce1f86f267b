import { type PlainValue, plainColumns } from "./line-encoding.ts";

/** A line as it was read: columns are null once it is erased. */
export interface JournalRecord {
  /** Its place in the order of `latest`: a page goes on from the cursor of the last line before it. */
  readonly cursor: string;
  readonly chain: string;
  readonly seq: number;
  readonly version: number | null;
  readonly commitment: Buffer;
  readonly hash: Buffer;
  readonly salt: Buffer | null;
  readonly sealed: Buffer | null;
  readonly keyId: string | null;
  readonly ineIndex: Buffer | null;
  /** In the order of `plainColumns`. */
  readonly values: readonly PlainValue[];
}

/** What lines are looked for by; the INE is its blind index. */
export interface RecordFilter {
  readonly tokenId?: string;
  /** Lines of any of these tokens. */
  readonly tokenIds?: readonly string[];
  readonly procedureId?: string;
  readonly rpc?: string;
  readonly outcome?: string;
  readonly requestId?: string;
  readonly ineIndex?: Buffer;
  /** Instants of reception in milliseconds: from (included), until (excluded). */
  readonly from?: number;
  readonly until?: number;
}

/** Reads what either database keeps of the lines. */
export interface RecordStorage {
  latest(filter: RecordFilter, limit: number, before?: string): Promise<JournalRecord[]>;
  linesAfter(after: JournalRecord | undefined, limit: number): Promise<JournalRecord[]>;
  firstUnfound(): Promise<{ readonly chain: string; readonly seq: number } | undefined>;
}

const plainNames = plainColumns.map(({ name }) => name);

/** Columns of `journal_lines` that make a record. */
export const recordColumns = [
  ...["chain", "seq", "version", "commitment", "hash", "salt", "sealed", "key_id", "ine_index"],
  ...plainNames,
];

export type RecordRow = Readonly<Record<string, PlainValue | Buffer>>;

export function readRecord(row: RecordRow, cursor: string): JournalRecord {
  return {
    cursor,
    // A line of no known chain: the verification finds it.
    chain: (row["chain"] as string | null) ?? "",
    seq: row["seq"] as number,
    version: row["version"] as number | null,
    commitment: row["commitment"] as Buffer,
    hash: row["hash"] as Buffer,
    salt: row["salt"] as Buffer | null,
    sealed: row["sealed"] as Buffer | null,
    keyId: row["key_id"] as string | null,
    ineIndex: row["ine_index"] as Buffer | null,
    values: plainNames.map((name) => row[name] as PlainValue),
  };
}

/** Request identifiers of version 7, as the service makes them, begin with the milliseconds of the reception. */
export function receivedAtOf(requestId: string): number | undefined {
  const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(requestId) ?? [];
  return high === undefined ? undefined : Number.parseInt(`${high}${low}`, 16);
}

/** A line stands at the millisecond that its identifier of version 7 tells: a search needs to look nowhere else. */
export function withinItsMillisecond(filter: RecordFilter): RecordFilter {
  const receivedAt = receivedAtOf(filter.requestId ?? "");
  if (receivedAt === undefined) return filter;
  const { from = receivedAt, until = receivedAt + 1 } = filter;
  return { ...filter, from: Math.max(from, receivedAt), until: Math.min(until, receivedAt + 1) };
}
