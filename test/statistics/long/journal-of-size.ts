// A journal of many lines, made by the database itself: its rows are shaped as the writer's, but their chain would not
// verify. Tokens call evenly over October 2026, forty of them unless more are asked for.
import { createHash } from "node:crypto";
import { currentGeneration, fileInto } from "../../../src/journal/file-rollups-storage.ts";
import { writeTransaction } from "../../../src/journal/sql-runner-storage.ts";
import { openSegments } from "../../../src/journal/sqlite-segment-storage.ts";
import {
  type Database,
  type DatabaseLocation,
  openDatabase,
  openSqliteConnection,
} from "../../../src/storage/database.ts";
import { migrate } from "../../../src/storage/migrate.ts";

/** October 2026 in Paris. */
export const month = { from: Date.UTC(2026, 8, 30, 22), until: Date.UTC(2026, 9, 31, 23) };
const usualTokens = 40;
const students = 1_000_000;
const blockLines = 100_000;
const lookup = "statutetudiant.lookup.v1.LookupService/LookupByIne";
const chain = "00000000000000000000000000000001";

/** Fills an empty database with the calls of so many tokens, in turn, and files its lines. */
export async function makeJournal(
  location: DatabaseLocation,
  lines: number,
  tokens = usualTokens,
): Promise<Database> {
  const database = openDatabase(location);
  await migrate(database.knex, "journal");
  if ("file" in location) await fillSqlite(location.file, lines, tokens);
  else await fillPostgres(database, lines, tokens);
  for (let filed = 1; filed > 0; ) {
    filed = await writeTransaction(database, async (sql) =>
      fileInto(sql, await currentGeneration(sql), 4096),
    );
  }
  if (database.dialect === "postgres") await database.knex.raw("vacuum analyze");
  return database;
}

async function fillSqlite(file: string, lines: number, tokens: number): Promise<void> {
  const connection = openSqliteConnection(file);
  connection.pragma("synchronous = OFF");
  connection.function("student", (number) => createHash("md5").update(String(number)).digest());
  connection.exec(
    `insert into journal_chains (number, chain, seq, hash) values (1, '${chain}', ${lines - 1}, x'00')`,
  );
  for (const [number, outcome, status] of [
    [1, "answered", 200],
    [2, "not_found", 404],
  ] as const) {
    connection
      .prepare(
        `insert into journal_kinds (number, version, key_id, protocol, http_method, route, rpc, http_status, rpc_code,
          error_id, outcome) values (?, 1, 'k', 'rest', 'GET', '/v1/students/{ine}', ?, ?, 'ok', '', ?)`,
      )
      .run(number, lookup, status, outcome);
  }
  const insert = connection.prepare(
    `with recursive line(i) as (select cast(? as integer) union all select i + 1 from line where i < ?)
      insert into journal (id, chain, seq, commitment, hash, salt, kind, received_at, request_id, token_id, procedure_id,
        recipient, client_address, user_agent, duration_us, response_bytes, sealed, ine_index)
      select i, 1, i - 1, randomblob(32), randomblob(32), randomblob(16), case when i % 9 = 0 then 2 else 1 end,
        cast(${month.from} + (i - 1) * ${(month.until - month.from) / lines} as integer),
        lower(hex(randomblob(18))), 'tok_' || (i % ${tokens}), 'prc_' || (i % 10), '13002526500013',
        '192.0.2.' || (i % 40), 'partner/1.0', 300 + i * 7919 % 90000, 411, randomblob(200), student(i * 7919 % ${students})
      from line`,
  );
  for (let first = 1; first <= lines; first += blockLines) {
    insert.run(first, Math.min(lines, first + blockLines - 1));
  }
  openSegments(connection).file(lines);
  connection.close();
}

async function fillPostgres({ knex }: Database, lines: number, tokens: number): Promise<void> {
  await knex("journal_chains").insert({ chain, seq: lines - 1, hash: Buffer.alloc(32) });
  for (const name of [202609, 202610]) {
    await knex.raw(`create table if not exists journal_${name} partition of journal for values in (${name})`);
  }
  for (let first = 1; first <= lines; first += blockLines) {
    await knex.raw(`insert into journal (month, chain, seq, version, commitment, hash, salt, received_at, request_id, token_id,
        procedure_id, recipient, client_address, user_agent, duration_us, response_bytes, protocol, http_method, route,
        rpc, http_status, rpc_code, error_id, outcome, sealed, key_id, ine_index)
      select cast(to_char(to_timestamp(at / 1000.0) at time zone 'UTC', 'YYYYMM') as integer), '${chain}', i - 1, 1,
        sha256(i::text::bytea), sha256(i::text::bytea), decode(md5(i::text), 'hex'), at, gen_random_uuid()::text,
        'tok_' || (i % ${tokens}), 'prc_' || (i % 10), '13002526500013', '192.0.2.' || (i % 40), 'partner/1.0',
        300 + i * 7919 % 90000, 411, 'rest', 'GET', '/v1/students/{ine}', '${lookup}',
        case when i % 9 = 0 then 404 else 200 end, 'ok', '', case when i % 9 = 0 then 'not_found' else 'answered' end,
        decode(repeat(md5(i::text), 12), 'hex'), 'k', decode(md5((i * 7919 % ${students})::text), 'hex')
      from (select i, cast(${month.from} + (i - 1) * ${(month.until - month.from) / lines} as bigint) as at
        from generate_series(${first}::bigint, ${Math.min(lines, first + blockLines - 1)}::bigint) i) line`);
  }
}
