import type { Knex } from "knex";

/**
 * What a partner is beside its name, the terms of use and who accepted them, and breaches. Days are `YYYY-MM-DD`,
 * instants milliseconds since 1970; a revision grows with each edit of its row.
 */
export async function up(knex: Knex): Promise<void> {
  await extendPartners(knex);
  await createTerms(knex);
  await createBreaches(knex);
}

async function extendPartners(knex: Knex): Promise<void> {
  await knex.schema.alterTable("partners", (table) => {
    // state may also be requested from now on.
    table.bigInteger("state_at");
    // ministry or dinum: the body that decided the state.
    table.string("state_body", 20);
    table.string("legal_category", 40);
    table.string("legal_text", 1000);
    table.bigInteger("eligibility_at");
    table.string("eligibility_by", 200);
    table.bigInteger("france_connect_at");
    table.string("france_connect_by", 200);
    table.string("france_connect_client_id", 200);
    // The name without accents and capitals, by which partners are searched.
    table.string("name_key", 400).notNullable().defaultTo("");
    table.integer("revision").notNullable().defaultTo(1);
    table.index(["created_at", "id"]);
    table.index(["name", "id"]);
  });
  const known: { id: string; name: string }[] = await knex("partners").select("id", "name");
  for (const { id, name } of known) {
    const key = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
    await knex("partners").where("id", id).update({ name_key: key });
  }
}

async function createTerms(knex: Knex): Promise<void> {
  await knex.schema.createTable("terms_versions", (table) => {
    table.string("version", 40).primary();
    // First day in force, in Europe/Paris.
    table.string("effective_date", 10).notNullable().unique();
    table.boolean("major").notNullable();
    table.text("markdown").notNullable();
    // What changes, for the e-mail to partners.
    table.text("summary").notNullable();
    // Of the text in UTF-8, in hexadecimal digits.
    table.string("text_sha256", 64).notNullable();
    table.bigInteger("published_at").notNullable();
  });
  await knex.schema.createTable("terms_acceptances", (table) => {
    table.string("id", 40).primary();
    table.string("partner_id", 40).notNullable().references("partners.id");
    table.string("version", 40).notNullable().references("terms_versions.version");
    table.string("text_sha256", 64).notNullable();
    table.string("contact_id", 40).notNullable();
    // As it was at that time.
    table.string("contact_name", 200).notNullable();
    table.bigInteger("accepted_at").notNullable();
    table.unique(["partner_id", "version"]);
    table.index(["accepted_at", "id"]);
  });
  // Major versions of which partners were told by e-mail.
  await knex.schema.createTable("terms_announcements", (table) => {
    table.string("version", 40).primary().references("terms_versions.version");
    table.bigInteger("announced_at").notNullable();
  });
  // Whom acceptances can be asked of, for the lists of who has not accepted.
  await knex.schema.raw("create view terms_partners as select id, siret, name, state from partners");
  await forbidEdits(knex, "terms_versions");
  await forbidEdits(knex, "terms_acceptances");
}

async function createBreaches(knex: Knex): Promise<void> {
  await knex.schema.createTable("breaches", (table) => {
    table.string("id", 40).primary();
    table.string("partner_id", 40).notNullable().references("partners.id");
    table.string("commitment", 40).notNullable();
    // ordinary, serious or persistent.
    table.string("severity", 20).notNullable();
    // recorded, notified, suspended, remedied or closed.
    table.string("state", 20).notNullable();
    table.text("description").notNullable();
    // Last day for the remedy, in Europe/Paris; empty: no notice was given.
    table.string("remedy_by", 10).notNullable();
    table.bigInteger("created_at").notNullable();
    table.integer("revision").notNullable();
    table.index(["created_at", "id"]);
    table.index(["remedy_by", "id"]);
    table.index(["partner_id", "created_at"]);
  });
  await knex.schema.createTable("breach_entries", (table) => {
    table.string("id", 40).primary();
    table.string("breach_id", 40).notNullable().references("breaches.id");
    // note, notice, answer, suspension, remedy or closure.
    table.string("kind", 20).notNullable();
    table.text("text").notNullable();
    table.string("author_id", 100).notNullable();
    table.string("author_name", 200).notNullable();
    // ministry or dinum; null: no decision.
    table.string("body", 20);
    table.bigInteger("created_at").notNullable();
    // 1, 2, … among the entries of the breach.
    table.integer("place").notNullable();
    table.unique(["breach_id", "place"]);
  });
}

/** On PostgreSQL by the function that the audit log brought. */
async function forbidEdits(knex: Knex, table: string): Promise<void> {
  if (knex.client.config.client !== "better-sqlite3") {
    await knex.schema.raw(
      `create trigger ${table}_edit before update or delete or truncate on ${table}
        for each statement execute function refuse_edit()`,
    );
    return;
  }
  for (const event of ["update", "delete"]) {
    await knex.schema.raw(
      `create trigger ${table}_${event} before ${event} on ${table}
        begin select raise(abort, '${table} is only appended to'); end`,
    );
  }
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ["breach_entries", "breaches"]) await knex.schema.dropTable(table);
  await knex.schema.raw("drop view terms_partners");
  for (const table of ["terms_announcements", "terms_acceptances", "terms_versions"])
    await knex.schema.dropTable(table);
  await knex.schema.alterTable("partners", (table) => {
    table.dropIndex(["created_at", "id"]);
    table.dropIndex(["name", "id"]);
  });
  for (const column of partnerColumns) {
    await knex.schema.raw(`alter table partners drop column ${column}`);
  }
}

const partnerColumns = [
  ...["state_at", "state_body", "legal_category", "legal_text", "eligibility_at", "eligibility_by"],
  ...["france_connect_at", "france_connect_by", "france_connect_client_id", "name_key", "revision"],
];
