import type { Knex } from "knex";
import * as journal0001 from "../../db/migrations/journal/0001_journal.ts";
import * as main0001 from "../../db/migrations/main/0001_referential.ts";
import * as main0002 from "../../db/migrations/main/0002_access.ts";
import * as main0003 from "../../db/migrations/main/0003_people.ts";

interface Migration {
  up(knex: Knex): Promise<void>;
  down(knex: Knex): Promise<void>;
}

// Named here and not found by listing folders: what runs is what was reviewed. Never edit one that was merged.
const migrations: Record<"main" | "journal", Record<string, Migration>> = {
  main: { "0001_referential": main0001, "0002_access": main0002, "0003_people": main0003 },
  journal: { "0001_journal": journal0001 },
};

/** Brings a database up to date and returns the names of the migrations that ran. */
export async function migrate(knex: Knex, name: "main" | "journal"): Promise<string[]> {
  const known = migrations[name];
  const [, ran] = (await knex.migrate.latest({
    tableName: `migrations_${name}`,
    migrationSource: {
      getMigrations: async () => Object.keys(known),
      getMigrationName: (key: string) => key,
      getMigration: async (key: string) => known[key] as Migration,
    },
  })) as [number, string[]];
  return ran;
}
