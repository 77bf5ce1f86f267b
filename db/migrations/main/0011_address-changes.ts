import type { Knex } from "knex";

/** Addresses that were asked for, until whoever reads mail there confirms them. Instants are milliseconds since 1970. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("address_changes", (table) => {
    // SHA-256 of the code that the new address is sent.
    table.binary("code_hash").primary();
    table.string("contact_id", 40).notNullable().references("contacts.id");
    table.string("partner_id", 40).notNullable();
    table.string("email", 254).notNullable();
    table.bigInteger("asked_at").notNullable();
    table.bigInteger("expires_at").notNullable();
    // Null: it did not come into force.
    table.bigInteger("confirmed_at");
    // Null: nothing took its place.
    table.bigInteger("cancelled_at");
    table.index(["contact_id"]);
    table.index(["partner_id", "asked_at"]);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("address_changes");
}
