import type { Awaitable, Database } from "../storage/database.ts";
import type { Admission, Regime, Sex, Student } from "./student.ts";

/** Reads students: the only SQL on the path of a lookup. */
export interface StudentStorage {
  /** The student who bears the number (upper case). */
  findByIne(ine: string): Awaitable<Student | undefined>;
  /** Students whose birth name has one of these keys and whose birth date is one of these. */
  findByBirthName(nameKey: string, birthDates: readonly string[]): Awaitable<Student[]>;
  /** The same by usual name. */
  findByUsualName(nameKey: string, birthDates: readonly string[]): Awaitable<Student[]>;
}

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

/** More candidates than this share no name and date by chance: the search is refused as ambiguous anyway. */
export const maxCandidates = 200;

export function createStudentStorage(database: Database): StudentStorage {
  const byIne = database.prepare<StudentRow>("student_by_ine", (knex) =>
    knex("students").select(columns).where("ine", knex.raw("?")),
  );
  const byName = (name: string, column: string) =>
    database.prepare<StudentRow>(name, (knex) =>
      knex("students")
        .select(columns)
        .where(column, knex.raw("?"))
        .whereIn("birth_date", [knex.raw("?"), knex.raw("?"), knex.raw("?")])
        .limit(maxCandidates),
    );
  const byBirthName = byName("students_by_birth_name", "birth_name_key");
  const byUsualName = byName("students_by_usual_name", "usual_name_key");
  return {
    findByIne: (ine) => then(byIne(ine), (rows) => (rows[0] === undefined ? undefined : toStudent(rows[0]))),
    findByBirthName: (key, dates) =>
      then(byBirthName(key, ...three(dates), maxCandidates), (rows) => rows.map(toStudent)),
    findByUsualName: (key, dates) =>
      then(byUsualName(key, ...three(dates), maxCandidates), (rows) => rows.map(toStudent)),
  };
}

/** The statement has three places for dates; a missing one repeats the first. */
function three(dates: readonly string[]): (string | undefined)[] {
  return [dates[0], dates[1] ?? dates[0], dates[2] ?? dates[0]];
}

function then<T, U>(value: Awaitable<T>, next: (value: T) => U): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value);
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
