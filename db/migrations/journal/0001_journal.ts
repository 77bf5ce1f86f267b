import type { Knex } from "knex";

/** The journal of calls (terms, article 4): a chain of commitments for each process start, see src/journal/. */
export async function up(knex: Knex): Promise<void> {
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
    table.bigInteger("received_at");
    table.string("request_id", 40);
    table.string("token_id", 40);
    table.string("procedure_id", 40);
    table.string("protocol", 20);
    table.string("http_method", 20);
    // The route as the contract writes it, without values: what identifies a student is in `sealed` only.
    table.string("route", 200);
    // package.Service/Method, or empty.
    table.string("rpc", 200);
    table.string("recipient", 14);
    table.string("client_address", 45);
    table.string("user_agent", 200);
    table.integer("http_status");
    table.string("rpc_code", 30);
    table.string("error_id", 40);
    table.string("outcome", 20);
    table.bigInteger("duration_us");
    table.bigInteger("response_bytes");
    // AES-256-GCM of the URL, parameters, agent and what was found, as JSON; AAD is chain:seq.
    table.binary("sealed");
    table.string("key_id", 20);
    // Keyed blind index of the INE asked for or found.
    table.binary("ine_index");
    table.primary(["chain", "seq"]);
    table.index(["received_at"], "journal_by_time");
    table.index(["token_id", "received_at"], "journal_by_token");
    table.index(["request_id"], "journal_by_request");
  });
  await knex.schema.raw(
    "create index journal_by_student on journal (ine_index, received_at) where ine_index is not null",
  );
  // Usage by day, written in the transaction of the lines that it counts.
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

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("journal_usage");
  await knex.schema.dropTable("journal");
}
