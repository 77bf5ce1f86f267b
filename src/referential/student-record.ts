import { identityKey } from "../identity/identity-key.ts";
import {
  isRecord,
  readBirthDate,
  readCog,
  readDay,
  readName,
  readUai,
  refuseUnknownKeys,
} from "./field-rules.ts";
import type { ProblemList } from "./import-problem.ts";
import type { IneSet } from "./ine-set.ts";

/** What reading a student needs to know of the rest. */
export interface StudentContext {
  /** UAI of all institutions. */
  readonly institutions: ReadonlySet<string>;
  /** Numbers that the file has held so far. */
  readonly seen: IneSet;
}

/** Columns of a student's row, in the order of `readStudent`'s result. */
export const studentColumns = [
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
] as const;

/** Keys of a student's line. */
const studentKeys: ReadonlySet<string> = new Set([
  "ine",
  "birthName",
  "usualName",
  "givenNames",
  "birthDate",
  "sex",
  "birthplaceCog",
  "admissions",
]);
const admissionKeys: ReadonlySet<string> = new Set([
  "startDate",
  "endDate",
  "registered",
  "regime",
  "communeCog",
  "uai",
]);

const maxGivenNames = 20;
const maxAdmissions = 200;

/** Checks a parsed line and returns the row to store, or reports its problems and returns undefined. */
export function readStudent(
  value: unknown,
  context: StudentContext,
  problems: ProblemList,
): (string | null)[] | undefined {
  if (!isRecord(value)) {
    problems.add("", "must be a JSON object");
    return undefined;
  }
  refuseUnknownKeys(value, studentKeys, problems);
  const ine = readIne(value["ine"], problems);
  const birthName = readName(value["birthName"], "birthName", problems);
  const usualName = isUnknown(value["usualName"])
    ? null
    : readName(value["usualName"], "usualName", problems);
  const givenNames = readGivenNames(value["givenNames"], problems);
  const birthDate = readBirthDate(value["birthDate"], "birthDate", problems);
  const sex = readSex(value["sex"], problems);
  const birthplace = isUnknown(value["birthplaceCog"])
    ? null
    : readCog(value["birthplaceCog"], "birthplaceCog", problems);
  const admissions = readAdmissions(value["admissions"], context, problems);
  // Only now: a refused line must not make a later, right one a duplicate.
  if (problems.size === 0 && !context.seen.add(ine)) problems.add("ine", "stood in the file before");
  if (problems.size > 0) return undefined;
  const birthNameKey = identityKey(birthName);
  const usualNameKey = usualName === null ? null : identityKey(usualName);
  return [
    ine,
    birthName,
    usualName,
    givenNames,
    birthDate,
    sex,
    birthplace,
    birthNameKey,
    // A usual name that is searched like the birth name needs no entry of its own.
    usualNameKey === birthNameKey ? null : usualNameKey,
    admissions,
  ];
}

function isUnknown(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

const ineShape = /^[0-9A-Za-z]{11}$/;

function readIne(value: unknown, problems: ProblemList): string {
  if (typeof value === "string" && ineShape.test(value)) return value.toUpperCase();
  problems.add("ine", "must be an INE: 11 letters or digits");
  return "";
}

function readSex(value: unknown, problems: ProblemList): string | null {
  if (isUnknown(value)) return null;
  if (value === "M" || value === "F") return value;
  problems.add("sex", "must be M, F or absent");
  return null;
}

/** Returns the JSON array to store. */
function readGivenNames(value: unknown, problems: ProblemList): string {
  if (!Array.isArray(value) || value.length < 1 || value.length > maxGivenNames) {
    problems.add("givenNames", "must list 1 to 20 names");
    return "";
  }
  let list = "";
  for (let index = 0; index < value.length; index++) {
    const name = readName(value[index], "givenNames", problems);
    // No character of a name needs an escape in JSON.
    list += index === 0 ? `"${name}"` : `,"${name}"`;
  }
  return `[${list}]`;
}

/** Returns the JSON array to store (see StoredAdmission), most recent first. */
function readAdmissions(value: unknown, context: StudentContext, problems: ProblemList): string {
  if (!Array.isArray(value) || value.length > maxAdmissions) {
    problems.add("admissions", "must list 0 to 200 admissions");
    return "";
  }
  if (value.length === 0) return "[]";
  if (value.length === 1) return `[${readAdmission(value[0], 0, context, problems)}]`;
  const stored = value.map((admission, index) => readAdmission(admission, index, context, problems));
  // They start with the two dates: descending text order is most recent first, and does not depend on the
  // order of the file.
  return `[${stored.sort().reverse().join(",")}]`;
}

function readAdmission(
  value: unknown,
  index: number,
  context: StudentContext,
  problems: ProblemList,
): string {
  problems.admission = index;
  const stored = isRecord(value) ? readAdmissionFields(value, context, problems) : undefined;
  if (stored === undefined) problems.add("", "must be a JSON object");
  problems.admission = undefined;
  return stored ?? "";
}

function readAdmissionFields(
  value: Record<string, unknown>,
  context: StudentContext,
  problems: ProblemList,
): string {
  refuseUnknownKeys(value, admissionKeys, problems);
  const before = problems.size;
  const start = readDay(value["startDate"], "startDate", problems);
  const end = readDay(value["endDate"], "endDate", problems);
  if (problems.size === before && end < start) problems.add("endDate", "must not be before startDate");
  const registered = value["registered"];
  if (typeof registered !== "boolean") problems.add("registered", "must be true or false");
  const regime = readRegime(value["regime"], problems);
  const commune = readCog(value["communeCog"], "communeCog", problems);
  const uai = readUai(value["uai"], "uai", problems);
  if (uai !== "" && !context.institutions.has(uai)) problems.add("uai", "is not a known institution");
  return `["${start}","${end}",${registered === true ? 1 : 0},${regime},"${commune}","${uai}"]`;
}

function readRegime(value: unknown, problems: ProblemList): number {
  if (typeof value === "string" && value.length === 3 && value.startsWith("RF")) {
    const number = value.charCodeAt(2) - 48;
    if (number >= 1 && number <= 7) return number;
  }
  problems.add("regime", "must be RF1 to RF7");
  return 0;
}
