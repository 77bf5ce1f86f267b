import type { Knex } from "knex";

/**
 * People, their sessions, and the record of what they change. Instants are milliseconds since 1970; a revision grows
 * with each edit of its row.
 */
export async function up(knex: Knex): Promise<void> {
  await createPeople(knex);
  await createSessions(knex);
  await createAudit(knex);
}

async function createPeople(knex: Knex): Promise<void> {
  // Those who act for the ministry or the DINUM (terms, article 5).
  await knex.schema.createTable("operators", (table) => {
    table.string("id", 40).primary();
    table.string("name", 200).notNullable();
    table.string("email", 254).notNullable();
    // The address in lower case: one account for each.
    table.string("email_key", 254).notNullable().unique();
    // reader, instructor or administrator.
    table.string("role", 20).notNullable();
    // ministry or dinum.
    table.string("body", 20).notNullable();
    table.bigInteger("created_at").notNullable();
    // Null: may sign in.
    table.bigInteger("disabled_at");
    table.integer("revision").notNullable();
  });
  // Those who act for a partner.
  await knex.schema.createTable("contacts", (table) => {
    table.string("id", 40).primary();
    table.string("partner_id", 40).notNullable().references("partners.id");
    table.string("name", 200).notNullable();
    table.string("email", 254).notNullable();
    table.string("email_key", 254).notNullable();
    table.string("phone", 30);
    // JSON array: administrative, technical, data_protection, business.
    table.string("roles", 100).notNullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("updated_at").notNullable();
    // Null: still a contact.
    table.bigInteger("removed_at");
    table.integer("revision").notNullable();
    table.index(["email_key"]);
  });
  await knex.schema.raw(
    "create unique index contacts_by_partner on contacts (partner_id, email_key) where removed_at is null",
  );
}

async function createSessions(knex: Knex): Promise<void> {
  await knex.schema.createTable("sign_in_codes", (table) => {
    // SHA-256 of the whole code, as for sessions below: the secret itself is never stored.
    table.binary("code_hash").primary();
    // An operator or a contact.
    table.string("holder_id", 40).notNullable();
    // terminal or mail.
    table.string("origin", 20).notNullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("expires_at").notNullable();
    table.bigInteger("used_at");
    table.index(["holder_id", "created_at"]);
  });
  await knex.schema.createTable("sessions", (table) => {
    table.string("id", 40).primary();
    table.binary("secret_hash").notNullable().unique();
    table.string("holder_id", 40).notNullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("last_seen_at").notNullable();
    table.bigInteger("expires_at").notNullable();
    table.bigInteger("ended_at");
    table.index(["holder_id"]);
  });
}

async function createAudit(knex: Knex): Promise<void> {
  // One chain: whoever edits or removes an event breaks every hash after it, and cannot do it by mistake.
  await knex.schema.createTable("audit_events", (table) => {
    table.bigInteger("seq").primary();
    table.string("id", 40).notNullable().unique();
    table.bigInteger("at").notNullable();
    // operator, contact, terminal or system.
    table.string("actor_kind", 20).notNullable();
    table.string("actor_id", 100).notNullable();
    table.string("actor_name", 200).notNullable();
    // ministry, dinum, partner or service.
    table.string("body", 20).notNullable();
    // What was done, as `partner.suspend`.
    table.string("action", 60).notNullable();
    table.string("subject_id", 100).notNullable();
    table.string("partner_id", 40);
    table.string("reason", 2000);
    // JSON; null: nothing was there.
    table.text("before");
    table.text("after");
    table.string("request_id", 64);
    table.binary("hash").notNullable();
    table.index(["partner_id", "seq"]);
    table.index(["subject_id", "seq"]);
  });
  await forbidEdits(knex, "audit_events");
  // Answers to writes, for whoever repeats a request that was answered already.
  await knex.schema.createTable("request_replays", (table) => {
    table.string("actor_id", 100).notNullable();
    table.string("request_id", 64).notNullable();
    // Of the method and the request.
    table.binary("fingerprint").notNullable();
    // Protobuf, without the secrets that are shown once.
    table.binary("answer").notNullable();
    table.bigInteger("created_at").notNullable();
    table.primary(["actor_id", "request_id"]);
    table.index(["created_at"]);
  });
}

async function forbidEdits(knex: Knex, table: string): Promise<void> {
  const words = `${table} is only appended to`;
  if (knex.client.config.client === "better-sqlite3") {
    for (const event of ["update", "delete"]) {
      await knex.schema.raw(
        `create trigger ${table}_${event} before ${event} on ${table} begin select raise(abort, '${words}'); end`,
      );
    }
    return;
  }
  await knex.schema.raw(`create function refuse_edit() returns trigger language plpgsql as
    $$ begin raise exception '${words}'; end $$`);
  await knex.schema.raw(
    `create trigger ${table}_edit before update or delete or truncate on ${table}
      for each statement execute function refuse_edit()`,
  );
}

export async function down(knex: Knex): Promise<void> {
  for (const table of [
    "request_replays",
    "audit_events",
    "sessions",
    "sign_in_codes",
    "contacts",
    "operators",
  ]) {
    await knex.schema.dropTable(table);
  }
  if (knex.client.config.client !== "better-sqlite3") await knex.schema.raw("drop function refuse_edit()");
}
