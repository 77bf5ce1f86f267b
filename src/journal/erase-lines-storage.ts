// Erases lines of the journal: what they say goes, their place in the chain stays, so that the chain still verifies.
// The connection overwrites what it deletes (SQLite's secure_delete); PostgreSQL gives the space back by vacuum.
import type { Knex } from "knex";
import type { Database } from "../storage/database.ts";
import { callColumns, kindColumns } from "./line-encoding.ts";
import { type SqlRunner, writeTransaction } from "./sql-runner-storage.ts";
import { firstUnfiled } from "./sqlite-record-storage.ts";
import { segmentLines } from "./sqlite-segment-storage.ts";

export interface LineEraser {
  /** Instant of the last line of a token or person, in milliseconds; undefined when nothing is left of any. */
  lastUse(holder: string): Promise<number | undefined>;
  /**
   * Erases some lines received before an instant, of one token or person, or with null of strangers, in one
   * transaction of some milliseconds. To be called again with the `next` that it returns, until that is undefined.
   */
  erase(holder: string | null, before: number, next?: number): Promise<ErasedLines>;
  /** Makes what was erased leave the files too: on SQLite the write-ahead log, on PostgreSQL the dead rows. */
  settle(): Promise<void>;
}

export interface ErasedLines {
  readonly lines: number;
  readonly next: number | undefined;
}

/** Lines of one transaction. */
const batchLines = 200;

const callNames = callColumns.map(({ name }) => name);
const sealedNames = ["salt", "sealed", "ine_index"];

export function createLineEraser(database: Database): LineEraser {
  const { dialect } = database;
  return {
    lastUse: (holder) => lastUse(database, holder),
    erase: (holder, before, next = 0) =>
      writeTransaction(database, (sql) => {
        if (dialect === "postgres") return eraseOnPostgres(sql, holder, before);
        return holder === null ? eraseStrangers(sql, before, next) : eraseHolder(sql, holder, before);
      }),
    async settle() {
      await database.knex.raw(dialect === "sqlite" ? "pragma wal_checkpoint(truncate)" : "vacuum journal");
    },
  };
}

async function lastUse({ dialect, knex }: Database, holder: string): Promise<number | undefined> {
  if (dialect === "sqlite") return await lastUseOnSqlite(knex, holder);
  const { rows } = await knex.raw("select max(received_at) as at from journal where token_id = ?", [holder]);
  return rows[0]?.at ?? undefined;
}

/** The lines of a holder that are filed, by way of the entries of each segment that still holds something. */
const filedOnSqlite = `journal_segments s
  cross join journal_tokens e on e.segment = s.number and e.token_id = ?
  cross join journal l on l.id = e.id`;

/**
 * On SQLite calls wait for each statement: the newest segment that the holder is in tells, and others are read only where
 * their span says that they could hold a later line. What is not filed is read first: it may be filed meanwhile.
 */
async function lastUseOnSqlite(knex: Knex, holder: string): Promise<number | undefined> {
  const [{ at: unfiled }] = await knex.raw(
    `select max(received_at) as at from journal where id >= ${firstUnfiled} and token_id = ?`,
    [holder],
  );
  const [newest] = await knex.raw(
    `select s.number from journal_segments s
      cross join journal_tokens e on e.segment = s.number and e.token_id = ?
      where s.last_received_at is not null order by s.number desc limit 1`,
    [holder],
  );
  if (newest === undefined) return unfiled ?? undefined;
  const [{ at: filed }] = await knex.raw(
    `select max(l.received_at) as at from ${filedOnSqlite} where s.number = ?`,
    [holder, newest.number],
  );
  const known = Math.max(unfiled ?? 0, filed ?? 0);
  const [{ at: beside }] = await knex.raw(
    `select max(l.received_at) as at from ${filedOnSqlite} where s.number < ? and s.last_received_at > ?`,
    [holder, newest.number, known],
  );
  return Math.max(known, beside ?? 0);
}

/** `name = null` for each. */
function nothing(names: readonly string[]): string {
  return names.map((name) => `${name} = null`).join(", ");
}

async function eraseOnPostgres(sql: SqlRunner, holder: string | null, before: number): Promise<ErasedLines> {
  const whose = holder === null ? "token_id is null" : "token_id = ?";
  const kinds = kindColumns.map(({ name }) => name);
  const rows = await sql.run(
    `update journal set ${nothing([...callNames, ...kinds, ...sealedNames, "key_id"])}
      where (month, chain, seq) in (select month, chain, seq from journal
        where ${whose} and received_at < ? order by received_at limit ${batchLines}) returning 1`,
    holder === null ? [before] : [holder, before],
  );
  return batch(rows.length);
}

function batch(lines: number): ErasedLines {
  return { lines, next: lines === batchLines ? 0 : undefined };
}

async function eraseHolder(sql: SqlRunner, holder: string, before: number): Promise<ErasedLines> {
  const found = await sql.run<{ id: number }>(
    `select l.id from ${filedOnSqlite} where s.first_received_at < ? and l.received_at < ?
      union all
      select id from journal where id >= ${firstUnfiled} and token_id = ? and received_at < ? limit ${batchLines}`,
    [holder, before, before, holder, before],
  );
  await eraseOnSqlite(sql, found);
  return batch(found.length);
}

/** Nothing leads to the lines of strangers: segment by segment, and those that are filed in none yet. */
async function eraseStrangers(sql: SqlRunner, before: number, next: number): Promise<ErasedLines> {
  const [segment] = await sql.run<{ number: number }>(
    "select number from journal_segments where number >= ? and first_received_at < ? order by number limit 1",
    [next, before],
  );
  const range = segment === undefined ? `id >= ${firstUnfiled}` : inSegment(String(segment.number));
  const found = await sql.run<{ id: number }>(
    `select id from journal where ${range} and token_id is null and received_at < ?`,
    [before],
  );
  await eraseOnSqlite(sql, found);
  if (segment === undefined) return { lines: found.length, next: undefined };
  await closeWhenEmpty(sql, segment.number);
  return { lines: found.length, next: segment.number + 1 };
}

function inSegment(number: string): string {
  return `id between ${number} * ${segmentLines} and (${number} + 1) * ${segmentLines} - 1`;
}

/** A trigger of the migration takes the entries of students and tokens with the lines. */
async function eraseOnSqlite(sql: SqlRunner, found: readonly { readonly id: number }[]): Promise<void> {
  if (found.length === 0) return;
  await sql.run(
    `update journal set ${nothing([...callNames, "kind", ...sealedNames])}
      where id in (select value from json_each(?))`,
    [JSON.stringify(found.map(({ id }) => id))],
  );
}

/** A segment of which nothing is left is never looked through again. */
async function closeWhenEmpty(sql: SqlRunner, number: number): Promise<void> {
  await sql.run(
    `update journal_segments set first_received_at = null, last_received_at = null where number = ?
      and not exists (select 1 from journal where ${inSegment(String(number))} and received_at is not null)`,
    [number],
  );
}
