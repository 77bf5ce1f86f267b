import type { Knex } from "knex";

/** Partners, their procedures and their tokens (terms, article 2). Instants are milliseconds since 1970. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("partners", (table) => {
    table.string("id", 40).primary();
    table.string("siret", 14).notNullable().unique();
    table.string("name", 200).notNullable();
    // active, suspended or terminated.
    table.string("state", 20).notNullable();
    table.string("state_reason", 500);
    table.bigInteger("created_at").notNullable();
    // The access version of the last change, as in the two tables below.
    table.bigInteger("version").notNullable();
  });
  await knex.schema.createTable("procedures", (table) => {
    table.string("id", 40).primary();
    table.string("partner_id", 40).notNullable().references("partners.id");
    table.string("name", 200).notNullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("version").notNullable();
    table.unique(["partner_id", "name"]);
  });
  await knex.schema.createTable("tokens", (table) => {
    table.string("id", 40).primary();
    table.string("procedure_id", 40).notNullable().references("procedures.id");
    // SHA-256 of the whole token; the token itself is never stored.
    table.binary("secret_hash").notNullable().unique();
    // JSON array of strings.
    table.text("scopes").notNullable();
    // JSON array of networks in CIDR notation; empty: any address.
    table.text("allowed_networks").notNullable();
    // Own rate; null: the service's default.
    table.integer("calls_per_second");
    table.bigInteger("created_at").notNullable();
    table.bigInteger("valid_from").notNullable();
    table.bigInteger("expires_at").notNullable();
    // Refused from then on; it may lie ahead.
    table.bigInteger("revoked_at");
    table.string("revoked_reason", 500);
    table.bigInteger("version").notNullable();
    table.index(["procedure_id"]);
  });
  // One row, whose number grows with each change of the three tables: instances watch it (src/access/).
  await knex.schema.createTable("access_version", (table) => {
    table.integer("id").primary();
    table.bigInteger("version").notNullable();
  });
  await knex("access_version").insert({ id: 1, version: 1 });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ["access_version", "tokens", "procedures", "partners"])
    await knex.schema.dropTable(table);
}
