import {
  communes,
  frenchGivenNames,
  frenchParticles,
  frenchSurnames,
  institutionKinds,
  type Origin,
  origins,
  surnameEnds,
  surnameMiddles,
  surnameStarts,
} from "./generated-words.ts";
import { SeededRandom } from "./seeded-random.ts";
import type { Institution, Sex } from "./student.ts";

export interface GeneratorOptions {
  /** Whole number; equal seeds give equal referentials. */
  readonly seed: number;
  /** The most recent academic year is the one that starts in this year. */
  readonly latestYear: number;
}

/** An admission as a line of the import format holds it. */
export interface GeneratedAdmission {
  startDate: string;
  endDate: string;
  registered: boolean;
  regime: string;
  communeCog: string;
  uai: string;
}

/** A student as a line of the import format holds one. */
export interface GeneratedStudent {
  ine: string;
  birthName: string;
  usualName?: string;
  givenNames: string[];
  birthDate: string;
  sex?: Sex;
  birthplaceCog?: string;
  admissions: GeneratedAdmission[];
}

/** What most tests and benchmarks use. */
export const defaultGeneratorOptions: GeneratorOptions = { seed: 1, latestYear: 2026 };

const uaiLetters = "ABCDEFGHJKLMNPRSTUVWXYZ";

/** The code with its check letter: the number modulo 23, in an alphabet without I, O and Q. */
function uaiOf(number: number): string {
  return String(number).padStart(7, "0") + uaiLetters[number % 23];
}

/** Fictitious institutions in real communes, with valid codes that real ones hardly bear (numbers from 8000). */
export function generateInstitutions(count: number, options = defaultGeneratorOptions): Institution[] {
  const random = new SeededRandom(options.seed ^ 0x5eed);
  return Array.from({ length: count }, (_, index) => {
    const communeCog = random.pick(communes);
    // 2,000 numbers in each of 90 ranges: distinct for up to 180,000 institutions.
    const uai = uaiOf((1 + Math.floor(index / 2000)) * 10_000 + 8000 + (index % 2000));
    const name = `${random.pick(institutionKinds)} ${madeUpSurname(random)} (fictif)`;
    return { uai, name, communeCog };
  });
}

/**
 * Fictitious students of these institutions, for ever: take as many as needed (at most 10⁹, from when on their
 * numbers repeat). The first ones do not depend on how many are taken.
 */
export function* generateStudents(
  institutions: readonly Institution[],
  options = defaultGeneratorOptions,
): Generator<GeneratedStudent, never> {
  const random = new SeededRandom(options.seed);
  const numbers = new StudentNumbers(random);
  let previous: GeneratedStudent | undefined;
  for (;;) {
    const student = madeUpStudent(numbers.next(), random, institutions, options.latestYear);
    if (previous !== undefined) becomeHomonym(student, previous, random);
    yield student;
    previous = student;
  }
}

const linesPerChunk = 1000;

/** The same students as newline-delimited JSON, in chunks of a thousand lines. */
export async function* generateStudentLines(
  count: number,
  institutions: readonly Institution[],
  options = defaultGeneratorOptions,
): AsyncGenerator<Buffer> {
  const students = generateStudents(institutions, options);
  for (let done = 0; done < count; done += linesPerChunk) {
    let text = "";
    const end = Math.min(linesPerChunk, count - done);
    for (let index = 0; index < end; index++) text += `${JSON.stringify(students.next().value)}\n`;
    yield Buffer.from(text);
  }
}

const letters = "ABCDEFGHJKLMNPRSTUVWXYZ";

/** Numbers in both shapes: ten digits and a letter, and the newer nine digits and two letters. Each is new. */
class StudentNumbers {
  #digits: number;
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#digits = random.below(1e9);
  }

  next(): string {
    // A step without common factor with 10⁹ visits each of its nine-digit numbers once.
    this.#digits = (this.#digits + 618_033_989) % 1e9;
    const digits = String(this.#digits).padStart(9, "0");
    const random = this.#random;
    const last = letters[random.below(letters.length)];
    if (random.chance(0.3)) return `${random.below(10)}${digits}${last}`;
    return digits + letters[random.below(8)] + last;
  }
}

function madeUpStudent(
  ine: string,
  random: SeededRandom,
  institutions: readonly Institution[],
  latestYear: number,
): GeneratedStudent {
  const origin = random.chance(0.22) ? random.pick(origins) : undefined;
  const sex: Sex = random.chance(0.55) ? "F" : "M";
  const capitals = random.chance(0.5);
  const inCase = (name: string) => (capitals ? name.toUpperCase() : name);
  const entryYear = latestYear - random.below(6);
  const student: GeneratedStudent = {
    ine,
    birthName: inCase(madeUpName(random, origin)),
    givenNames: madeUpGivenNames(random, origin, sex).map(inCase),
    birthDate: madeUpBirthDate(random, entryYear, origin !== undefined),
    admissions: [],
  };
  if (random.chance(0.06)) student.usualName = inCase(madeUpName(random, undefined));
  if (!random.chance(0.03)) student.sex = sex;
  if (!random.chance(0.04)) student.birthplaceCog = madeUpBirthplace(random, origin);
  student.admissions = madeUpAdmissions(random, institutions, entryYear, latestYear);
  return student;
}

function madeUpBirthplace(random: SeededRandom, origin: Origin | undefined): string {
  if (origin !== undefined && random.chance(0.6)) return random.pick(origin.countries);
  return random.pick(communes);
}

/** One student in two hundred bears the name and the birth date of another one; some cannot be told apart. */
function becomeHomonym(student: GeneratedStudent, previous: GeneratedStudent, random: SeededRandom): void {
  if (!random.chance(0.005)) return;
  student.birthName = previous.birthName;
  student.birthDate = previous.birthDate;
  student.givenNames = [...previous.givenNames];
  if (previous.sex === undefined) delete student.sex;
  else student.sex = previous.sex;
  if (!random.chance(0.1)) return;
  if (previous.birthplaceCog === undefined) delete student.birthplaceCog;
  else student.birthplaceCog = previous.birthplaceCog;
}

function madeUpName(random: SeededRandom, origin: Origin | undefined): string {
  const surname = () => (origin === undefined ? frenchSurname(random) : random.pickCommon(origin.surnames));
  const particles = origin === undefined ? frenchParticles : origin.particles;
  const compound = random.chance(0.05);
  const name = compound ? `${surname()}${random.chance(0.8) ? "-" : " "}${surname()}` : surname();
  return particles.length > 0 && random.chance(0.05) ? random.pick(particles) + name : name;
}

function frenchSurname(random: SeededRandom): string {
  return random.chance(0.3) ? random.pickCommon(frenchSurnames) : madeUpSurname(random);
}

/** Many rare names beside the few common ones, as in life. */
function madeUpSurname(random: SeededRandom): string {
  const middle = random.chance(0.9) ? random.pick(surnameMiddles) : "";
  return random.pick(surnameStarts) + middle + random.pick(surnameEnds);
}

function madeUpGivenNames(random: SeededRandom, origin: Origin | undefined, sex: Sex): string[] {
  const foreign = origin !== undefined && random.chance(0.8);
  const names = foreign ? origin.givenNames[sex] : frenchGivenNames[sex];
  const given = [random.pickCommon(names)];
  while (given.length < 4 && random.chance(0.4)) given.push(random.pick(frenchGivenNames[sex]));
  return given;
}

function madeUpBirthDate(random: SeededRandom, entryYear: number, foreign: boolean): string {
  const age = random.chance(0.85) ? 17 + random.below(5) : 22 + random.below(30);
  const year = entryYear - age;
  const partial = random.next();
  // Civil registers of some countries know the year, or the year and month, alone.
  if (foreign && partial < 0.02) return `${year}-00-00`;
  const month = 1 + random.below(12);
  if (foreign && partial < 0.03) return `${year}-${twoDigits(month)}-00`;
  return `${year}-${twoDigits(month)}-${twoDigits(1 + random.below(daysOf(month, year)))}`;
}

function daysOf(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function twoDigits(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}

/** 1.67 on average: most have one or two, some none, a few a long history. */
function admissionCount(random: SeededRandom): number {
  const drawn = random.next();
  if (drawn < 0.04) return 0;
  if (drawn < 0.56) return 1;
  if (drawn < 0.84) return 2;
  if (drawn < 0.94) return 3;
  if (drawn < 0.98) return 4;
  return 5 + random.below(4);
}

function madeUpAdmissions(
  random: SeededRandom,
  institutions: readonly Institution[],
  entryYear: number,
  latestYear: number,
): GeneratedAdmission[] {
  const admissions: GeneratedAdmission[] = [];
  let institution = random.pickCommon(institutions);
  let regime = madeUpRegime(random);
  for (let left = admissionCount(random), year = entryYear; left > 0; left--, year++) {
    if (random.chance(0.15)) institution = random.pickCommon(institutions);
    if (random.chance(0.1)) regime = madeUpRegime(random);
    const start = Math.min(year, latestYear);
    admissions.push({
      startDate: random.chance(0.85) ? `${start}-09-01` : `${start}-10-15`,
      endDate: random.chance(0.85) ? `${start + 1}-08-31` : `${start + 1}-06-30`,
      registered: random.chance(0.9),
      regime,
      communeCog: institution.communeCog,
      uai: institution.uai,
    });
  }
  return admissions;
}

function madeUpRegime(random: SeededRandom): string {
  return random.chance(0.75) ? "RF1" : `RF${1 + random.below(7)}`;
}
