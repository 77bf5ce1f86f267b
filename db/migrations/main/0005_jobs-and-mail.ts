import type { Knex } from "knex";

/** Scheduled jobs and the outbox of e-mail. Instants are milliseconds since 1970. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("jobs", (table) => {
    table.string("name", 60).primary();
    // The recurrence as it was when due_at was computed: another one computes it anew.
    table.string("recurrence", 100).notNullable();
    table.bigInteger("due_at").notNullable();
    // Not before then: the last run failed.
    table.bigInteger("retry_at");
    table.integer("failures").notNullable().defaultTo(0);
    // Grows with each lease. What a run writes is written under its fence, or not at all.
    table.bigInteger("fence").notNullable().defaultTo(0);
    table.string("holder", 80);
    table.bigInteger("lease_until");
    table.bigInteger("last_started_at");
    table.bigInteger("last_finished_at");
    // done or failed.
    table.string("last_outcome", 20);
    table.string("last_error", 500);
  });
  // What the run that is under way has done already.
  await knex.schema.createTable("job_units", (table) => {
    table.string("job", 60).notNullable().references("jobs.name");
    table.bigInteger("due_at").notNullable();
    table.string("unit", 200).notNullable();
    table.bigInteger("done_at").notNullable();
    table.primary(["job", "due_at", "unit"]);
  });
  // One row for each message and recipient.
  await knex.schema.createTable("mails", (table) => {
    table.string("id", 40).primary();
    // The same notice to the same person exists once.
    table.string("dedupe_key", 250).notNullable().unique();
    // What it tells of: the identifier of an incident, a change, a token…
    table.string("about", 80).notNullable();
    table.string("kind", 60).notNullable();
    table.string("contact_id", 40);
    table.string("recipient_name", 200).notNullable();
    table.string("recipient_address", 254).notNullable();
    table.string("subject", 300).notNullable();
    table.text("text_body").notNullable();
    table.text("html_body").notNullable();
    table.string("unsubscribe_url", 500);
    table.string("message_id", 200).notNullable();
    table.bigInteger("created_at").notNullable();
    // queued, claimed, handing_over, sent, unconfirmed or dead: see src/mail/mail-state.ts.
    table.string("state", 20).notNullable();
    table.bigInteger("due_at").notNullable();
    // Number of the claim, which only grows: whoever holds an older one changes nothing.
    table.integer("claim").notNullable().defaultTo(0);
    table.string("claimed_by", 80);
    table.bigInteger("claim_until");
    // Where the witness of the handing over lies.
    table.string("witness_place", 40);
    table.integer("failures").notNullable().defaultTo(0);
    table.bigInteger("settled_at");
    table.string("last_reply", 500);
    table.index(["state", "due_at"]);
    table.index(["about"]);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ["mails", "job_units", "jobs"]) await knex.schema.dropTable(table);
}
