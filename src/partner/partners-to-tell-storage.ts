import type { Knex } from "knex";

/** The partners that are told of things: all but those whose access has ended for good. */
export async function listPartnersToTell(knex: Knex): Promise<ReadonlySet<string>> {
  const ids: string[] = await knex("partners").whereNot("state", "terminated").pluck("id");
  return new Set(ids);
}
