// A small referential, inserted through Knex, and what surrounds it in a test.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identityKey } from "../../src/identity/identity-key.ts";
import type { Admission, Institution, Student } from "../../src/referential/student.ts";
import { type Database, openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { startPostgres } from "../support/postgres.ts";

export interface Referential {
  readonly database: Database;
  close(): Promise<void>;
}

/** An empty, migrated database of its own. */
export const openReferential: Readonly<Record<"sqlite" | "postgres", () => Promise<Referential>>> = {
  async sqlite() {
    const folder = await mkdtemp(join(tmpdir(), "statut-lookup-"));
    const database = openDatabase({ file: join(folder, "statut.db") });
    await migrate(database.knex, "main");
    return {
      database,
      async close() {
        await database.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
  async postgres() {
    const server = await startPostgres();
    const database = openDatabase({ url: await server.createDatabase() });
    await migrate(database.knex, "main");
    return {
      database,
      async close() {
        await database.close();
        await server.stop();
      },
    };
  },
};

export async function insertInstitutions(
  { knex }: Database,
  institutions: readonly Institution[],
): Promise<void> {
  await knex("institutions").insert(
    institutions.map(({ uai, name, communeCog }) => ({ uai, name, commune_cog: communeCog })),
  );
}

export async function insertStudents({ knex }: Database, students: readonly Student[]): Promise<void> {
  await knex.batchInsert("students", students.map(toRow), 50);
}

function toRow(student: Student): Record<string, unknown> {
  const { ine, birthName, usualName, givenNames, birthDate, sex, birthplaceCog, admissions } = student;
  return {
    ine,
    birth_name: birthName,
    usual_name: usualName ?? null,
    given_names: JSON.stringify(givenNames),
    birth_date: birthDate,
    sex: sex ?? null,
    birthplace_cog: birthplaceCog ?? null,
    birth_name_key: identityKey(birthName),
    usual_name_key: usualName === undefined ? null : identityKey(usualName),
    admissions: JSON.stringify(admissions.map(toStored)),
  };
}

function toStored({ startDate, endDate, registered, regime, communeCog, uai }: Admission): unknown[] {
  return [startDate, endDate, registered ? 1 : 0, regime, communeCog, uai];
}
