// Who has this civil identity? Pure: the candidates come from the referential, the verdict from here.
// docs/matching.md gives the rules with examples and reasons.
import type { Sex } from "../referential/student.ts";
import { identityKey } from "./identity-key.ts";

/** A civil identity that is looked for. */
export interface IdentityCriteria {
  readonly birthName: string;
  /** One at least. */
  readonly givenNames: readonly string[];
  /** `YYYY-MM-DD`, with `00` for what the civil register does not know. */
  readonly birthDate: string;
  readonly sex: Sex;
  /** Absent: not given. */
  readonly birthplace: Birthplace | undefined;
}

export interface Birthplace {
  /** COG codes that the caller's words mean. */
  readonly codes: ReadonlySet<string>;
  /** The same and the codes of merged communes, new communes and districts that stand for them. */
  equivalents(): ReadonlySet<string>;
}

/** What matching reads of a student. */
export interface Candidate {
  readonly ine: string;
  readonly birthName: string;
  readonly givenNames: readonly string[];
  readonly birthDate: string;
  readonly sex: Sex | undefined;
  readonly birthplaceCog: string | undefined;
}

/** The criteria with their keys, computed once for all candidates. */
export interface IdentitySearch {
  readonly nameKey: string;
  readonly givenKeys: readonly string[];
  /** The date itself, then the less precise dates under which a person born then may be stored. */
  readonly birthDates: readonly string[];
  readonly sex: Sex;
  readonly birthplace: Birthplace | undefined;
}

export type Verdict<T> =
  | { readonly finding: "one"; readonly candidate: T }
  | { readonly finding: "none" | "several" };

export function prepareSearch(criteria: IdentityCriteria): IdentitySearch {
  return {
    nameKey: identityKey(criteria.birthName),
    givenKeys: criteria.givenNames.map(identityKey),
    birthDates: possibleDates(criteria.birthDate),
    sex: criteria.sex,
    birthplace: criteria.birthplace,
  };
}

/** `2001-05-12` may be stored as `2001-05-00` or `2001-00-00`: three at most. */
function possibleDates(date: string): readonly string[] {
  return [...new Set([date, `${date.slice(0, 8)}00`, `${date.slice(0, 5)}00-00`])];
}

/** Stage 1: equality of all that was given. The candidates bear the birth name. */
export function matchExactly<T extends Candidate>(
  search: IdentitySearch,
  candidates: readonly T[],
): Verdict<T> {
  return single(
    search,
    candidates.filter((candidate) => isEqual(search, candidate)),
  );
}

/** Stage 2, when stage 1 finds nobody: the variants that registers and forms are known for. */
export function matchVariants<T extends Candidate>(
  search: IdentitySearch,
  candidates: readonly T[],
): Verdict<T> {
  return single(
    search,
    candidates.filter((candidate) => isVariant(search, candidate)),
  );
}

function isEqual(search: IdentitySearch, candidate: Candidate): boolean {
  if (candidate.birthDate !== search.birthDates[0] || !agreesOnSex(search, candidate)) return false;
  if (!agreesOnPlace(search.birthplace?.codes, candidate)) return false;
  const stored = candidate.givenNames.map(identityKey);
  return stored[0] === search.givenKeys[0] && oneContainsOther(search.givenKeys.slice(1), stored.slice(1));
}

function isVariant(search: IdentitySearch, candidate: Candidate): boolean {
  if (!search.birthDates.includes(candidate.birthDate) || !agreesOnSex(search, candidate)) return false;
  if (!agreesOnPlace(search.birthplace?.equivalents(), candidate)) return false;
  return agreesOnGivenNames(search.givenKeys, candidate.givenNames.map(identityKey));
}

/** What the referential does not know excludes nobody: it can make a search ambiguous, never choose. */
function agreesOnSex(search: IdentitySearch, { sex }: Candidate): boolean {
  return sex === undefined || sex === search.sex;
}

function agreesOnPlace(codes: ReadonlySet<string> | undefined, { birthplaceCog }: Candidate): boolean {
  return codes === undefined || birthplaceCog === undefined || codes.has(birthplaceCog);
}

/**
 * Whether the first given names are the same when a compound one may be written in one or several fields
 * (JEAN-PIERRE, or JEAN then PIERRE), and the further ones do not contradict each other.
 */
export function agreesOnGivenNames(asked: readonly string[], stored: readonly string[]): boolean {
  const askedCount = countJoined(asked, stored[0] ?? "");
  if (askedCount > 0 && areCompatible(asked.slice(askedCount), stored.slice(1))) return true;
  const storedCount = countJoined(stored, asked[0] ?? "");
  return storedCount > 0 && areCompatible(asked.slice(1), stored.slice(storedCount));
}

/** Further names too may be compound and written in one or several fields. */
function areCompatible(asked: readonly string[], stored: readonly string[]): boolean {
  return oneContainsOther(asked, stored) || asked.join("") === stored.join("");
}

/** How many of the first keys, joined, make the whole; 0: none do. */
function countJoined(keys: readonly string[], whole: string): number {
  let joined = "";
  for (let count = 0; count < keys.length && joined.length < whole.length; count++) {
    joined += keys[count];
    if (joined === whole) return count + 1;
  }
  return 0;
}

/** Further given names may be missing on one side; a name on each side that the other lacks is a contradiction. */
function oneContainsOther(some: readonly string[], others: readonly string[]): boolean {
  return some.every((key) => others.includes(key)) || others.every((key) => some.includes(key));
}

/** A birthplace was given, and neither it nor the sex could be compared: to answer would be a guess. */
function restsOnNameAndDate({ birthplace }: IdentitySearch, { sex, birthplaceCog }: Candidate): boolean {
  return birthplace !== undefined && sex === undefined && birthplaceCog === undefined;
}

/** The union of a stage must hold one person; the same one may have been found twice. */
function single<T extends Candidate>(search: IdentitySearch, matches: readonly T[]): Verdict<T> {
  const [first] = matches;
  if (first === undefined) return none;
  if (!matches.every(({ ine }) => ine === first.ine)) return several;
  return restsOnNameAndDate(search, first) ? none : { finding: "one", candidate: first };
}

const none = { finding: "none" } as const;
const several = { finding: "several" } as const;
