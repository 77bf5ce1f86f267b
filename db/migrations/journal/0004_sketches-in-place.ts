import type { Knex } from "knex";

/**
 * On PostgreSQL, sketches of 3 KB stay in their rows: moved out of line, as texts beyond 2 KB are, each one would be
 * looked up piece by piece. Rows move as they are written again, within a month.
 */
export async function up(knex: Knex): Promise<void> {
  if (knex.client.config.client === "better-sqlite3") return;
  await knex.schema.raw("alter table journal_sketches alter column sketch set storage plain");
}

export async function down(knex: Knex): Promise<void> {
  if (knex.client.config.client === "better-sqlite3") return;
  await knex.schema.raw("alter table journal_sketches alter column sketch set storage extended");
}
