import type { Awaitable } from "../awaitable.ts";

export type Sex = "M" | "F";

/** Training regimes of the national nomenclature, RF1 to RF7. */
export type Regime = 1 | 2 | 3 | 4 | 5 | 6 | 7;

export interface Institution {
  readonly uai: string;
  readonly name: string;
  readonly communeCog: string;
}

export interface Admission {
  /** `YYYY-MM-DD` */
  readonly startDate: string;
  /** `YYYY-MM-DD` */
  readonly endDate: string;
  readonly registered: boolean;
  readonly regime: Regime;
  readonly communeCog: string;
  readonly uai: string;
}

/** A student as the referential holds one. */
export interface Student {
  readonly ine: string;
  readonly birthName: string;
  readonly usualName: string | undefined;
  readonly givenNames: readonly string[];
  /** `YYYY-MM-DD`, with `00` for what is unknown. */
  readonly birthDate: string;
  readonly sex: Sex | undefined;
  /** A commune or a country (99xxx). */
  readonly birthplaceCog: string | undefined;
  /** Most recent first. */
  readonly admissions: readonly Admission[];
}

/** Most students that a search by name gives. More share no name and date by chance: that many are ambiguous anyway. */
export const maxCandidates = 200;

/** What a lookup reads. Searches by name give at most `maxCandidates`. */
export interface StudentStorage {
  /** The student who bears the number (upper case). */
  findByIne(ine: string): Awaitable<Student | undefined>;
  /** Students whose birth name has this key and whose birth date is this one. */
  findBornOn(nameKey: string, birthDate: string): Awaitable<Student[]>;
  /** Students whose birth name has this key and whose birth date is one of these. */
  findByBirthName(nameKey: string, birthDates: readonly string[]): Awaitable<Student[]>;
  /** The same by usual name. */
  findByUsualName(nameKey: string, birthDates: readonly string[]): Awaitable<Student[]>;
}
