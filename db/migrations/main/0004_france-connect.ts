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
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("france_connect_clients");
}
