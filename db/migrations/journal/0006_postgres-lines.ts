import type { Knex } from "knex";

/**
 * What a line costs PostgreSQL. A group of lines comes as one array of a type of its own, instead of an array for each
 * column. The index of requests leaves out identifiers of version 7, which tell the millisecond of their line: the index
 * by time finds it. Students are looked for by equality alone: a hash of four bytes instead of the whole index value.
 * The new indexes are built while nobody writes: some seconds for each million lines.
 */
export async function up(knex: Knex): Promise<void> {
  if (isSqlite(knex)) return;
  await knex.schema.raw(`create type journal_line as (month integer, seq bigint, commitment bytea, hash bytea, salt bytea,
    received_at bigint, request_id text, token_id text, procedure_id text, recipient text, client_address text,
    user_agent text, duration_us bigint, response_bytes bigint, protocol text, http_method text, route text, rpc text,
    http_status integer, rpc_code text, error_id text, outcome text, sealed bytea, ine_index bytea)`);
  await knex.schema.raw("drop index journal_by_request, journal_by_student");
  await knex.schema.raw(
    "create index journal_by_request on journal (request_id) where request_id not like '________-____-7%'",
  );
  await knex.schema.raw(
    "create index journal_by_student on journal using hash (ine_index) where ine_index is not null",
  );
}

export async function down(knex: Knex): Promise<void> {
  if (isSqlite(knex)) return;
  await knex.schema.raw("drop index journal_by_request, journal_by_student");
  await knex.schema.raw("create index journal_by_request on journal (request_id)");
  await knex.schema.raw(
    "create index journal_by_student on journal (ine_index, received_at) where ine_index is not null",
  );
  await knex.schema.raw("drop type journal_line");
}

function isSqlite(knex: Knex): boolean {
  return knex.client.config.client === "better-sqlite3";
}
