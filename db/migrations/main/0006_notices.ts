import type { Knex } from "knex";

/** What partners are told (terms, articles 3 and 6.1). Instants are milliseconds since 1970. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("incidents", (table) => {
    table.string("id", 40).primary();
    table.string("title", 150).notNullable();
    // degraded, partial_outage or major_outage.
    table.string("impact", 20).notNullable();
    // JSON array of parts of the service.
    table.string("parts", 300).notNullable();
    // investigating, identified, monitoring or resolved.
    table.string("state", 20).notNullable();
    table.bigInteger("started_at").notNullable();
    table.bigInteger("opened_at").notNullable();
    table.bigInteger("resolved_at");
    table.integer("revision").notNullable();
    table.index(["opened_at"]);
  });
  // Only appended to: what was told stays.
  await knex.schema.createTable("incident_updates", (table) => {
    table.string("incident_id", 40).notNullable().references("incidents.id");
    // The revision of the incident that the update made.
    table.integer("revision").notNullable();
    table.bigInteger("told_at").notNullable();
    table.string("state", 20).notNullable();
    table.text("message").notNullable();
    table.primary(["incident_id", "revision"]);
  });
  await knex.schema.createTable("changes", (table) => {
    table.string("id", 40).primary();
    table.string("title", 150).notNullable();
    table.text("description").notNullable();
    // JSON array of methods and routes that go away.
    table.text("targets").notNullable();
    table.string("url", 500).notNullable();
    // announced or withdrawn.
    table.string("state", 20).notNullable();
    table.bigInteger("announced_at").notNullable();
    table.bigInteger("go_live_at").notNullable();
    table.integer("revision").notNullable();
    table.index(["go_live_at"]);
  });
  await knex.schema.createTable("maintenances", (table) => {
    table.string("id", 40).primary();
    table.string("title", 150).notNullable();
    table.text("description").notNullable();
    table.string("parts", 300).notNullable();
    // announced or cancelled.
    table.string("state", 20).notNullable();
    table.bigInteger("announced_at").notNullable();
    table.bigInteger("starts_at").notNullable();
    table.bigInteger("ends_at").notNullable();
    table.integer("revision").notNullable();
    table.index(["starts_at"]);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ["maintenances", "changes", "incident_updates", "incidents"])
    await knex.schema.dropTable(table);
}
