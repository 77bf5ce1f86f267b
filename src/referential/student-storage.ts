import { type Awaitable, then } from "../awaitable.ts";
import { askTogether } from "../storage/ask-together.ts";
import type { Database } from "../storage/database.ts";
import {
  type Admission,
  maxCandidates,
  type Regime,
  type Sex,
  type Student,
  type StudentStorage,
} from "./student.ts";

/** How an admission stands in the admissions column, most recent first. */
export type StoredAdmission = [
  startDate: string,
  endDate: string,
  registered: 0 | 1,
  regime: Regime,
  communeCog: string,
  uai: string,
];

interface StudentRow {
  ine: string;
  birth_name: string;
  usual_name: string | null;
  given_names: string;
  birth_date: string;
  sex: Sex | null;
  birthplace_cog: string | null;
  admissions: string;
}

const columns = [
  "ine",
  "birth_name",
  "usual_name",
  "given_names",
  "birth_date",
  "sex",
  "birthplace_cog",
  "admissions",
];

export function createStudentStorage(database: Database): StudentStorage {
  const byIne = prepareByIne(database);
  const byName = (name: string, column: string, dates: number) =>
    database.prepare<StudentRow>(
      name,
      (knex) =>
        knex("students")
          .select(columns)
          .where(column, knex.raw("?"))
          .whereIn("birth_date", Array(dates).fill(knex.raw("?")))
          // SQLite plans anew, each time, when it is given the limit as a value.
          .limit(maxCandidates, { skipBinding: true }),
      "turn",
    );
  const bornOn = byName("students_born_on", "birth_name_key", 1);
  const byBirthName = byName("students_by_birth_name", "birth_name_key", 3);
  const byUsualName = byName("students_by_usual_name", "usual_name_key", 3);
  return {
    findByIne: (ine) => then(byIne(ine), (row) => (row === undefined ? undefined : toStudent(row))),
    findBornOn: (key, date) => then(bornOn(key, date), (rows) => rows.map(toStudent)),
    findByBirthName: (key, dates) => then(byBirthName(key, ...three(dates)), (rows) => rows.map(toStudent)),
    findByUsualName: (key, dates) => then(byUsualName(key, ...three(dates)), (rows) => rows.map(toStudent)),
  };
}

/** SQLite answers at once; PostgreSQL is asked for all students of a turn together. */
function prepareByIne(database: Database): (ine: string) => Awaitable<StudentRow | undefined> {
  if (database.dialect === "postgres") {
    const byInes = database.prepare<StudentRow>("students_by_ine", (knex) =>
      knex("students").select(columns).whereRaw("ine = any(?)"),
    );
    return askTogether(byInes, ({ ine }) => ine);
  }
  const byIne = database.prepare<StudentRow>(
    "student_by_ine",
    (knex) => knex("students").select(columns).where("ine", knex.raw("?")),
    "turn",
  );
  return (ine) => then(byIne(ine), ([row]) => row);
}

/** The statement has three places for dates; a missing one repeats the first. */
function three(dates: readonly string[]): (string | undefined)[] {
  return [dates[0], dates[1] ?? dates[0], dates[2] ?? dates[0]];
}

function toStudent(row: StudentRow): Student {
  return {
    ine: row.ine,
    birthName: row.birth_name,
    usualName: row.usual_name ?? undefined,
    givenNames: JSON.parse(row.given_names) as string[],
    birthDate: row.birth_date,
    sex: row.sex ?? undefined,
    birthplaceCog: row.birthplace_cog ?? undefined,
    admissions: (JSON.parse(row.admissions) as StoredAdmission[]).map(toAdmission),
  };
}

function toAdmission(stored: StoredAdmission): Admission {
  const [startDate, endDate, registered, regime, communeCog, uai] = stored;
  return { startDate, endDate, registered: registered === 1, regime, communeCog, uai };
}
