import type { Knex } from "knex";

/**
 * What passes of filing add to the calls of tokens, until many passes are merged into the roll-ups together
 * (src/journal/bundle-storage.ts): a pass then appends some rows and does not change one for each token.
 */
export async function up(knex: Knex): Promise<void> {
  const isLite = knex.client.config.client === "better-sqlite3";
  const [id, bytes] = isLite ? ["integer primary key", "blob"] : ["bigserial primary key", "bytea"];
  // shelf: which series; size: bytes of the body; body: src/journal/series-bundle.ts.
  await knex.schema.raw(`create table journal_bundles (id ${id}, generation integer not null, shelf integer not null,
    size integer not null, body ${bytes} not null)`);
  await knex.schema.raw("create index journal_bundles_by_shelf on journal_bundles (generation, shelf, size)");
  // What is read once and then deleted is not worth compressing.
  if (!isLite) await knex.schema.raw("alter table journal_bundles alter column body set storage external");
}

export async function down(): Promise<void> {
  throw new Error("bundles that are not merged would be lost: restore the backup of before");
}
