import type { Knex } from "knex";

/**
 * Statistics are read from roll-ups that are kept beside the lines (src/journal/rollup.ts) and not from the lines.
 * On PostgreSQL the journal is partitioned by month, and a table of chains, as SQLite has it, keeps the places of a
 * chain unique: the key of a partitioned table holds the partition and could not.
 */
export async function up(knex: Knex): Promise<void> {
  if (!isSqlite(knex)) await partitionPostgresLines(knex);
  // The roll-ups count by day as well; what is journaled already is filed into them once a writer starts.
  await knex.schema.dropTable("journal_usage");
  await createRollups(knex);
}

function isSqlite(knex: Knex): boolean {
  return knex.client.config.client === "better-sqlite3";
}

const lineColumns =
  "chain, seq, version, commitment, hash, salt, received_at, request_id, token_id, procedure_id, recipient, " +
  "client_address, user_agent, duration_us, response_bytes, protocol, http_method, route, rpc, http_status, rpc_code, " +
  "error_id, outcome, sealed, key_id, ine_index";

async function partitionPostgresLines(knex: Knex): Promise<void> {
  const run = async (sql: string) => knex.schema.raw(sql);
  await run("drop view journal_lines");
  await run("drop index journal_by_time, journal_by_token, journal_by_request, journal_by_student");
  await run("alter table journal drop constraint journal_pkey");
  await run("alter table journal rename to journal_whole");
  await createPostgresLines(run);
  await run(
    `insert into journal (month, ${lineColumns}) select ${monthOf("received_at")}, ${lineColumns} from journal_whole`,
  );
  await run(`create table journal_chains (
    chain varchar(32) primary key, seq bigint not null, hash bytea not null)`);
  await run(`insert into journal_chains (chain, seq, hash)
    select distinct on (chain) chain, seq, hash from journal_whole order by chain, seq desc`);
  await run("drop table journal_whole");
}

/** A line that is erased already has no instant left: it stays in the default partition. */
const monthOf = (instant: string) =>
  `coalesce(cast(to_char(to_timestamp(${instant} / 1000.0) at time zone 'UTC', 'YYYYMM') as integer), 0)`;

async function createPostgresLines(run: (sql: string) => Promise<unknown>): Promise<void> {
  // YYYYMM of the reception, in UTC. Erasing a line keeps it, with its place in the chain.
  await run(`create table journal (month integer not null,
    like journal_whole including defaults, primary key (chain, seq, month)) partition by list (month)`);
  // What the partitions that are made ahead do not take: a clock that was wrong, months before the first start.
  await run("create table journal_default partition of journal default");
  await run(`do $$ declare name integer; begin
    for name in select distinct ${monthOf("received_at")} from journal_whole where received_at is not null
      union select cast(to_char(now() + n * interval '1 month', 'YYYYMM') as integer) from generate_series(0, 2) n
    loop execute format('create table %I partition of journal for values in (%s)', 'journal_' || name, name);
    end loop;
    end $$`);
  await run("create index journal_by_time on journal (received_at)");
  await run("create index journal_by_token on journal (token_id, received_at)");
  await run("create index journal_by_request on journal (request_id)");
  await run(
    "create index journal_by_student on journal (ine_index, received_at) where ine_index is not null",
  );
  await run(`create view journal_lines as select ${lineColumns} from journal`);
}

async function createRollups(knex: Knex): Promise<void> {
  // What calls have in common that are counted together. All of it is from lists of ours: strangers add nothing.
  await knex.schema.createTable("journal_series", (table) => {
    table.increments("number");
    // A token, empty for those who have none, or * for the calls of all.
    table.string("token_id", 40).notNullable();
    table.string("procedure_id", 40).notNullable();
    table.string("protocol", 20).notNullable();
    table.string("surface", 20).notNullable();
    table.string("rpc", 200).notNullable();
    table.integer("http_status").notNullable();
    table.string("rpc_code", 30).notNullable();
    table.string("error_id", 40).notNullable();
    table.string("outcome", 20).notNullable();
    table.unique(
      ["token_id", "procedure_id", "protocol", "rpc", "http_status", "rpc_code", "error_id", "outcome"],
      { indexName: "journal_series_by_content" },
    );
  });
  // `generation`: a rebuild fills the next one beside the one that is read.
  await knex.schema.createTable("journal_rollup_state", (table) => {
    table.integer("generation").primary();
  });
  await knex("journal_rollup_state").insert({ generation: 1 });
  // How far the lines of a chain are filed; on SQLite, where lines have one order, those of the chain ''.
  await knex.schema.createTable("journal_rollup_marks", (table) => {
    table.integer("generation").notNullable();
    table.string("chain", 32).notNullable();
    table.bigInteger("seq").notNullable();
    table.primary(["generation", "chain"]);
  });
  await createCounts(knex);
}

async function createCounts(knex: Knex): Promise<void> {
  const isLite = isSqlite(knex);
  const [bytes, bare] = isLite ? ["blob", " without rowid"] : ["bytea", ""];
  // grain: 0 minute, 1 hour, 2 day, 3 month; bucket: its first millisecond (days and months of Europe/Paris);
  // latency: src/journal/latency-histogram.ts.
  await knex.schema.raw(`create table journal_rollups (generation integer not null, grain integer not null,
    series integer not null, bucket bigint not null, calls bigint not null, duration_us bigint not null,
    response_bytes bigint not null, latency ${bytes} not null, primary key (generation, grain, series, bucket))${bare}`);
  // Distinct students of a day or a month; sketch: src/journal/student-sketch.ts, null once the period is settled.
  await knex.schema.raw(`create table journal_sketches (generation integer not null, grain integer not null,
    token_id varchar(40) not null, bucket bigint not null, students bigint not null, sketch ${bytes},
    primary key (generation, grain, token_id, bucket))`);
  // Calls that reached the guard, by the second; the past ones live on in the summary of their day.
  await knex.schema.raw(`create table journal_seconds (generation integer not null, second bigint not null,
    offered bigint not null, limited bigint not null, saturated bigint not null, primary key (generation, second))${bare}`);
  await knex.schema.raw(`create table journal_capacity (generation integer not null, day bigint not null,
    offered bigint not null, limited bigint not null, saturated bigint not null, peak_offered bigint not null,
    peak_served bigint not null, saturated_seconds bigint not null, primary key (generation, day))${bare}`);
}

export async function down(): Promise<void> {
  throw new Error("the partitioned journal is not put together again: restore the backup of before");
}
