import type { Knex } from "knex";

/**
 * The journal of calls (terms, article 4): a chain of commitments for each process start, see src/journal/.
 * `journal_lines` is the relation to read on both databases. Behind it, PostgreSQL keeps one row and its indexes;
 * SQLite, where each page that a commit touches is written twice, only appends and files its lines later, in segments.
 */
export async function up(knex: Knex): Promise<void> {
  await (isSqlite(knex) ? createSqliteLines(knex) : createPostgresLines(knex));
  // Usage by day. PostgreSQL counts in the transaction of the lines, SQLite when it files their segment.
  await knex.schema.createTable("journal_usage", (table) => {
    table.string("token_id", 40).notNullable();
    // YYYY-MM-DD in Europe/Paris.
    table.string("day", 10).notNullable();
    table.string("rpc", 200).notNullable();
    table.string("outcome", 20).notNullable();
    // Writers keep counts of their own (0 to 15), so that they do not wait for each other's rows; readers add up.
    table.integer("slot").notNullable();
    table.bigInteger("calls").notNullable();
    table.primary(["token_id", "day", "rpc", "outcome", "slot"]);
  });
}

function isSqlite(knex: Knex): boolean {
  return knex.client.config.client === "better-sqlite3";
}

async function createPostgresLines(knex: Knex): Promise<void> {
  await knex.schema.createTable("journal", (table) => {
    // Random identifier of a chain, in hexadecimal; one chain per process start.
    table.string("chain", 32).notNullable();
    table.bigInteger("seq").notNullable();
    // Of the canonical encoding, see src/journal/line-encoding.ts.
    table.integer("version").notNullable();
    table.binary("commitment").notNullable();
    table.binary("hash").notNullable();
    // All below is null once the line is erased.
    table.binary("salt");
    addCallColumns(table);
    addKindColumns(table);
    table.binary("sealed");
    table.string("key_id", 20);
    table.binary("ine_index");
    table.primary(["chain", "seq"]);
    table.index(["received_at"], "journal_by_time");
    table.index(["token_id", "received_at"], "journal_by_token");
    table.index(["request_id"], "journal_by_request");
  });
  await knex.schema.raw(
    "create index journal_by_student on journal (ine_index, received_at) where ine_index is not null",
  );
  await knex.schema.raw("create view journal_lines as select * from journal");
}

async function createSqliteLines(knex: Knex): Promise<void> {
  await knex.schema.createTable("journal_chains", (table) => {
    table.integer("number").primary();
    // Random identifier of a chain, in hexadecimal; one chain per process start.
    table.string("chain", 32).notNullable().unique();
    // Its last line. It moves in the transaction of the lines, and only from the line before them.
    table.bigInteger("seq").notNullable();
    table.binary("hash").notNullable();
  });
  // What calls have in common, once.
  await knex.schema.createTable("journal_kinds", (table) => {
    table.integer("number").primary();
    // Of the canonical encoding, see src/journal/line-encoding.ts.
    table.integer("version").notNullable();
    table.string("key_id", 20).notNullable();
    addKindColumns(table);
    table.unique([...kindColumns], { indexName: "journal_kinds_by_content" });
  });
  await knex.schema.createTable("journal", (table) => {
    // In the order of writing.
    table.integer("id").primary();
    table.integer("chain").notNullable();
    table.bigInteger("seq").notNullable();
    table.binary("commitment").notNullable();
    table.binary("hash").notNullable();
    // All below is null once the line is erased.
    table.binary("salt");
    table.integer("kind");
    addCallColumns(table);
    table.binary("sealed");
    table.binary("ine_index");
  });
  await createSegments(knex);
  await knex.schema.raw(`create view journal_lines as
    select l.id, c.chain, l.seq, k.version, l.commitment, l.hash, l.salt, l.received_at, l.request_id, l.token_id,
      l.procedure_id, k.protocol, k.http_method, k.route, k.rpc, l.recipient, l.client_address, l.user_agent,
      k.http_status, k.rpc_code, k.error_id, k.outcome, l.duration_us, l.response_bytes, l.sealed, k.key_id, l.ine_index
    from journal l left join journal_chains c on c.number = l.chain left join journal_kinds k on k.number = l.kind`);
}

/** A segment is the lines whose id gives its number when it is divided by 8192; it is filed once it is full. */
async function createSegments(knex: Knex): Promise<void> {
  await knex.schema.createTable("journal_segments", (table) => {
    table.integer("number").primary();
    table.bigInteger("first_received_at");
    table.bigInteger("last_received_at");
  });
  // Sorted within each segment, so that filing appends and never rewrites a page; a search probes each segment.
  await knex.schema.raw(
    "create table journal_students (segment integer not null, ine_index blob not null, id integer not null, " +
      "primary key (segment, ine_index, id)) without rowid",
  );
  await knex.schema.raw(
    "create table journal_tokens (segment integer not null, token_id text not null, id integer not null, " +
      "primary key (segment, token_id, id)) without rowid",
  );
  // Whoever erases a line erases its entries.
  await knex.schema.raw(`create trigger journal_student_erased after update of ine_index on journal
    when new.ine_index is not old.ine_index begin
      delete from journal_students where segment = old.id / 8192 and ine_index = old.ine_index and id = old.id;
    end`);
  await knex.schema.raw(`create trigger journal_token_erased after update of token_id on journal
    when new.token_id is not old.token_id begin
      delete from journal_tokens where segment = old.id / 8192 and token_id = old.token_id and id = old.id;
    end`);
}

function addCallColumns(table: Knex.CreateTableBuilder): void {
  table.bigInteger("received_at");
  table.string("request_id", 40);
  table.string("token_id", 40);
  table.string("procedure_id", 40);
  table.string("recipient", 14);
  table.string("client_address", 45);
  table.string("user_agent", 200);
  table.bigInteger("duration_us");
  table.bigInteger("response_bytes");
}

const kindColumns = [
  "protocol",
  "http_method",
  "route",
  "rpc",
  "http_status",
  "rpc_code",
  "error_id",
  "outcome",
  "version",
  "key_id",
] as const;

function addKindColumns(table: Knex.CreateTableBuilder): void {
  table.string("protocol", 20);
  table.string("http_method", 20);
  // The route as the contract writes it, without values: what identifies a student is in `sealed` only.
  table.string("route", 200);
  // package.Service/Method, or empty.
  table.string("rpc", 200);
  table.integer("http_status");
  table.string("rpc_code", 30);
  table.string("error_id", 40);
  table.string("outcome", 20);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.raw("drop view journal_lines");
  await knex.schema.dropTable("journal_usage");
  await knex.schema.dropTable("journal");
  if (!isSqlite(knex)) return;
  for (const name of ["students", "tokens", "segments", "kinds", "chains"]) {
    await knex.schema.dropTable(`journal_${name}`);
  }
}
