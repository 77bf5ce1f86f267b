import type { Knex } from "knex";

/** Institutions and students. A student's admissions are one JSON column: they are only ever written together, by
 * one line of an import, and read together, by one lookup (docs/referential.md tells what that saves). */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("institutions", (table) => {
    table.string("uai", 8).primary();
    table.string("name", 200).notNullable();
    table.string("commune_cog", 5).notNullable();
  });
  await knex.schema.createTable("students", (table) => {
    table.string("ine", 11).notNullable();
    table.string("birth_name", 100).notNullable();
    table.string("usual_name", 100);
    // JSON array of strings.
    table.text("given_names").notNullable();
    // YYYY-MM-DD, with 00 for what is unknown.
    table.string("birth_date", 10).notNullable();
    // M, F or unknown.
    table.string("sex", 1);
    // A commune or a country (99xxx), or unknown.
    table.string("birthplace_cog", 5);
    // Search keys: capitals without marks, spaces and punctuation.
    table.string("birth_name_key", 200).notNullable();
    table.string("usual_name_key", 200);
    // JSON array of admissions, most recent first: [start, end, registered 0|1, regime 1-7, commune, uai].
    table.text("admissions").notNullable();
    // Not a primary key: a first import builds its indexes last.
    table.unique(["ine"], { indexName: "students_by_ine", useConstraint: false });
    table.index(["birth_name_key", "birth_date"], "students_by_birth_name");
  });
  await knex.schema.raw(
    "create index students_by_usual_name on students (usual_name_key, birth_date) where usual_name_key is not null",
  );
  // One row, whose number grows when institutions change: instances that hold them in memory watch it.
  await knex.schema.createTable("referential_version", (table) => {
    table.integer("id").primary();
    table.bigInteger("version").notNullable();
  });
  await knex("referential_version").insert({ id: 1, version: 1 });
  // The last import of each kind, written in the transactions of its rows. Instants are milliseconds since 1970.
  await knex.schema.createTable("imports", (table) => {
    // institutions or students.
    table.string("kind", 20).primary();
    // Random: the process that imports.
    table.string("run", 36).notNullable();
    // 1: the table was empty at the start.
    table.integer("initial").notNullable();
    // Decompressed bytes of the file that are written, and their SHA-256 (hexadecimal).
    table.bigInteger("bytes").notNullable();
    table.string("fingerprint", 64).notNullable();
    table.bigInteger("inserted").notNullable();
    table.bigInteger("updated").notNullable();
    table.bigInteger("started_at").notNullable();
    table.bigInteger("updated_at").notNullable();
    // Null: interrupted, or still running.
    table.bigInteger("finished_at");
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ["imports", "referential_version", "students", "institutions"])
    await knex.schema.dropTable(table);
}
