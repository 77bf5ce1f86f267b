// The pivot identity of FranceConnect as criteria of a search: the same matching as of an identity that a partner
// types.
import { type Awaitable, then } from "../awaitable.ts";
import { serviceError } from "../errors.ts";
import { france } from "../identity/birthplace.ts";
import type { CommuneDirectory } from "../identity/communes.ts";
import type { IdentityCriteria } from "../identity/match.ts";
import { type PivotClaims, readAnswer, UnreadableAnswer } from "./introspection.ts";

/**
 * Reads the criteria; undefined when they can match nobody, because the referential holds no such names or sex.
 * Errors: `france_connect_identity_incomplete` when the token does not give what a search needs, and
 * `france_connect_answer_unreadable` for what is no date and no code.
 */
export function readPivotIdentity(
  claims: PivotClaims,
  communes: CommuneDirectory,
): Awaitable<IdentityCriteria | undefined> {
  const { familyName: birthName, birthDate, gender } = claims;
  const givenNames = readGivenNames(claims);
  if (birthName === undefined || givenNames.length === 0 || birthDate === undefined || gender === undefined) {
    throw serviceError("france_connect_identity_incomplete");
  }
  const date = readAnswer(() => readDate(birthDate));
  const code = readAnswer(() => readBirthplaceCode(claims));
  const sex = sexes.get(gender);
  if (sex === undefined || ![birthName, ...givenNames].every(isName)) return undefined;
  const birthplace = code === undefined ? undefined : communes.byCode(code);
  return then(birthplace, (place) => {
    return { birthName, givenNames, birthDate: date, sex, birthplace: place };
  });
}

const sexes: ReadonlyMap<string, "M" | "F"> = new Map([
  ["male", "M"],
  ["female", "F"],
]);

const maxGivenNames = 20;

/** The list says where one name ends and the next begins; the text cannot, for compound names. */
function readGivenNames({ givenNames, givenName }: PivotClaims): readonly string[] {
  const listed = givenNames ?? givenName?.split(" ") ?? [];
  return listed
    .map((name) => name.trim())
    .filter((name) => name !== "")
    .slice(0, maxGivenNames);
}

/** As names of a request (rule `person_name`): others would have no search key. */
function isName(name: string): boolean {
  return (
    name.length <= 100 &&
    /^[\p{Script=Latin}\p{M} .'\u2019\u02bc\u2010\u2011-]*$/u.test(name) &&
    /\p{Script=Latin}/u.test(name)
  );
}

/** `YYYY`, `YYYY-MM` and `YYYY-MM-DD` as `YYYY-MM-DD` with 00 for what the civil register does not know. */
function readDate(text: string): string {
  const [, year, month = "00", day = "00"] = /^((?:19|20|21)\d\d)(?:-(\d\d)(?:-(\d\d))?)?$/.exec(text) ?? [];
  if (year === undefined || !exists(Number(year), Number(month), Number(day))) {
    throw new UnreadableAnswer("birthdate is no date");
  }
  return `${year}-${month}-${day}`;
}

/** 0 stands for what is unknown: an unknown month has no known day. */
function exists(year: number, month: number, day: number): boolean {
  if (month === 0 || day === 0) return day === 0 && month <= 12;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** The COG code of the commune for a birth in France, of the country for one abroad. */
function readBirthplaceCode({ birthplace, birthCountry }: PivotClaims): string | undefined {
  if (birthCountry !== undefined && !/^99\d{3}$/.test(birthCountry)) {
    throw new UnreadableAnswer("birthcountry is no code");
  }
  if (birthCountry !== france) return birthCountry;
  if (birthplace !== undefined && !/^(?:\d\d|2[AB])\d{3}$/.test(birthplace)) {
    throw new UnreadableAnswer("birthplace is no code");
  }
  return birthplace;
}
