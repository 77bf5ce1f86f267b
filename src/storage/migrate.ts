import type { Knex } from "knex";
import * as journal0001 from "../../db/migrations/journal/0001_journal.ts";
import * as journal0002 from "../../db/migrations/journal/0002_rollups.ts";
import * as journal0003 from "../../db/migrations/journal/0003_availability.ts";
import * as journal0004 from "../../db/migrations/journal/0004_sketches-in-place.ts";
import * as journal0005 from "../../db/migrations/journal/0005_bundles.ts";
import * as journal0006 from "../../db/migrations/journal/0006_postgres-lines.ts";
import * as main0001 from "../../db/migrations/main/0001_referential.ts";
import * as main0002 from "../../db/migrations/main/0002_access.ts";
import * as main0003 from "../../db/migrations/main/0003_people.ts";
import * as main0005 from "../../db/migrations/main/0005_jobs-and-mail.ts";
import * as main0006 from "../../db/migrations/main/0006_notices.ts";
import * as main0007 from "../../db/migrations/main/0007_partners.ts";
import * as main0008 from "../../db/migrations/main/0008_tokens.ts";
import * as main0009 from "../../db/migrations/main/0009_sign-in-browser.ts";
import * as main0010 from "../../db/migrations/main/0010_france-connect.ts";
import * as main0011 from "../../db/migrations/main/0011_address-changes.ts";

interface Migration {
  up(knex: Knex): Promise<void>;
  down(knex: Knex): Promise<void>;
}

// Named here and not found by listing folders: what runs is what was reviewed. Never edit one that was merged.
const migrations: Record<"main" | "journal", Record<string, Migration>> = {
  main: {
    "0001_referential": main0001,
    "0002_access": main0002,
    "0003_people": main0003,
    "0005_jobs-and-mail": main0005,
    "0006_notices": main0006,
    "0007_partners": main0007,
    "0008_tokens": main0008,
    "0009_sign-in-browser": main0009,
    "0010_france-connect": main0010,
    "0011_address-changes": main0011,
  },
  journal: {
    "0001_journal": journal0001,
    "0002_rollups": journal0002,
    "0003_availability": journal0003,
    "0004_sketches-in-place": journal0004,
    "0005_bundles": journal0005,
    "0006_postgres-lines": journal0006,
  },
};

/** Brings a database up to date, or up to the migration `last`; returns the names of the migrations that ran. */
export async function migrate(knex: Knex, name: "main" | "journal", last?: string): Promise<string[]> {
  const all = Object.entries(migrations[name]);
  const known = Object.fromEntries(all.filter(([key]) => last === undefined || key <= last));
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
