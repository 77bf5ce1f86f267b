import type { Knex } from "knex";

/** A code that was sent by mail opens a session in the browser that asked for it, and nowhere else. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable("sign_in_codes", (table) => {
    // SHA-256 of the secret that the browser keeps in a cookie. Null: any client, as a code of the terminal.
    table.binary("browser_hash");
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable("sign_in_codes", (table) => table.dropColumn("browser_hash"));
}
