import type { Database } from "../storage/database.ts";

/** The tokens of a partner, whatever their state: what was done with them stays the partner's. */
export async function listTokenIds({ knex }: Database, partnerId: string): Promise<string[]> {
  return await knex("tokens")
    .join("procedures", "procedures.id", "tokens.procedure_id")
    .where("procedures.partner_id", partnerId)
    .orderBy("tokens.id")
    .pluck("tokens.id");
}
