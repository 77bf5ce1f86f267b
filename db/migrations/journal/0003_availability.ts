import type { Knex } from "knex";

/**
 * What the availability of the service is judged by (terms, article 3). It stands beside the journal, which every
 * instance writes, and not in the main database: the measure must not fail with what it measures.
 */
export async function up(knex: Knex): Promise<void> {
  // One row for each minute and instance: the outcome of its self-probe.
  await knex.schema.createTable("availability_probes", (table) => {
    // First millisecond of the minute.
    table.bigInteger("minute").notNullable();
    // Random name of a process.
    table.string("instance", 40).notNullable();
    table.integer("succeeded").notNullable();
    // What went wrong, from a list of ours; empty when nothing did.
    table.string("cause", 40).notNullable();
    table.primary(["minute", "instance"]);
  });
  // Months that are over, as they were judged.
  await knex.schema.createTable("availability_months", (table) => {
    // YYYY-MM in Europe/Paris.
    table.string("month", 7).primary();
    table.bigInteger("frozen_at").notNullable();
    // The report as JSON.
    table.text("report").notNullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("availability_months");
  await knex.schema.dropTable("availability_probes");
}
