import type { Clock } from "../../src/clock.ts";
import type { ImportProblem } from "../../src/referential/import-problem.ts";
import {
  type ImportCounts,
  type ImportOptions,
  importReferential,
} from "../../src/referential/import-referential.ts";
import type { Database } from "../../src/storage/database.ts";

export const clock: Clock = { now: () => Date.UTC(2026, 9, 1), monotonic: () => performance.now() };

export const institutions = [
  { uai: "0292973W", name: "Université Paris Cité", communeCog: "75006" },
  { uai: "0750106H", name: "École « du \\ Nord »", communeCog: "75020" },
];

export const admission = {
  startDate: "2025-09-01",
  endDate: "2026-08-31",
  registered: true,
  regime: "RF1",
  communeCog: "75006",
  uai: "0292973W",
};

/** A student's line, right in everything but what `changes` says. */
export function student(ine: string, changes: object = {}): Record<string, unknown> {
  return {
    ine,
    birthName: "De La Cœur-Ménard",
    givenNames: ["Anne-Élise", "Zoé"],
    birthDate: "2004-02-29",
    sex: "F",
    birthplaceCog: "2A004",
    admissions: [admission],
    ...changes,
  };
}

export function lines(values: readonly unknown[]): string {
  return values.map((value) => `${typeof value === "string" ? value : JSON.stringify(value)}\n`).join("");
}

export async function* chunks(content: string | Buffer, size = 1 << 16): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(content);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

export interface ImportResult extends ImportCounts {
  problems: ImportProblem[];
}

type Overrides = Partial<Omit<ImportOptions, "database" | "clock" | "kind" | "source">>;

export async function importStudents(
  database: Database,
  content: string | Buffer | AsyncIterable<Uint8Array>,
  overrides: Overrides = {},
): Promise<ImportResult> {
  return run(database, "students", content, overrides);
}

export async function importInstitutions(
  database: Database,
  content: string | Buffer = lines(institutions),
  overrides: Overrides = {},
): Promise<ImportResult> {
  return run(database, "institutions", content, overrides);
}

async function run(
  database: Database,
  kind: ImportOptions["kind"],
  content: string | Buffer | AsyncIterable<Uint8Array>,
  overrides: Overrides,
): Promise<ImportResult> {
  const problems: ImportProblem[] = [];
  const source = typeof content === "string" || Buffer.isBuffer(content) ? chunks(content) : content;
  const onProblems = (found: readonly ImportProblem[]) => problems.push(...found);
  const counts = await importReferential({
    database,
    clock,
    kind,
    format: "ndjson",
    onProblems,
    ...overrides,
    source,
  });
  return { ...counts, problems };
}

/** All students as the database holds them. */
export async function storedStudents(database: Database): Promise<Record<string, unknown>[]> {
  return database
    .knex("students")
    .select(
      "ine",
      "birth_name",
      "usual_name",
      "given_names",
      "birth_date",
      "sex",
      "birthplace_cog",
      "birth_name_key",
      "usual_name_key",
      "admissions",
    )
    .orderBy("ine");
}
