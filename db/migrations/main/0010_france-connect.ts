import type { Knex } from "knex";

/** FranceConnect clients of partners, whose users' tokens a lookup takes. Instants are milliseconds since 1970. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("france_connect_clients", (table) => {
    table.string("id", 40).primary();
    // As FranceConnect names the client in `token_introspection.aud`.
    table.string("client_id", 200).notNullable();
    table.string("procedure_id", 40).notNullable().references("procedures.id");
    // JSON arrays of strings: scopes; SIRETs beside the partner's own; networks in CIDR notation (empty: any address).
    table.text("scopes").notNullable();
    table.text("recipients").notNullable();
    table.text("allowed_networks").notNullable();
    // Own rate; null: the service's default.
    table.integer("calls_per_second");
    table.bigInteger("created_at").notNullable();
    table.bigInteger("revoked_at");
    table.string("revoked_reason", 500);
    // The access version of the last change.
    table.bigInteger("version").notNullable();
    table.index(["procedure_id"]);
  });
  // A client can be registered again once its registration is revoked.
  await knex.schema.raw(
    "create unique index france_connect_clients_by_client_id on france_connect_clients (client_id) where revoked_at is null",
  );
  // For src/access, as `access_entries`: each registration with its procedure and partner.
  await knex.schema.raw(`create view france_connect_entries as select
      c.id, c.client_id, c.scopes, c.recipients, c.allowed_networks, c.calls_per_second, c.created_at,
      c.revoked_at, c.revoked_reason, c.version as client_version,
      q.id as procedure_id, q.name as procedure_name, q.state as procedure_state, q.approved as procedure_approved,
      q.version as procedure_version,
      p.id as partner_id, p.siret as partner_siret, p.name as partner_name, p.state as partner_state,
      p.version as partner_version
    from france_connect_clients c join procedures q on q.id = c.procedure_id join partners p on p.id = q.partner_id`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.raw("drop view france_connect_entries");
  await knex.schema.dropTable("france_connect_clients");
}
