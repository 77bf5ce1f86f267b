// The rules of single fields, the same as those of the contract (proto/statutetudiant/rules/v1/rules.proto). They
// run some fifteen times for each of millions of lines: character codes instead of regular expressions where it
// shows.
import { identityKey } from "../identity/identity-key.ts";
import type { ProblemList } from "./import-problem.ts";

/** Most characters (code points) of a person's name. */
const maxNameLength = 100;
const maxKeyLength = 200;
const maxInstitutionNameLength = 200;

/** Names made of precomposed letters up to Latin Extended-A that start with one: most of them. */
const commonName = /^[A-Za-zÀ-ÖØ-öø-ſ][A-Za-zÀ-ÖØ-öø-ſ '.\u2019-]{0,99}$/;
const anyName = /^[\p{Script=Latin}\p{M} .'\u2019\u02bc\u2010\u2011-]*$/u;
const institutionName = /^[^\p{C}]*$/u;

/** Returns the name in NFC, or reports a problem and returns an empty string. */
export function readName(value: unknown, field: string, problems: ProblemList): string {
  if (typeof value !== "string") return refuse(field, "must be a string", problems);
  if (commonName.test(value)) return value;
  const name = value.normalize("NFC");
  const length = [...name].length;
  if (length < 1 || length > maxNameLength) return refuse(field, "must hold 1 to 100 characters", problems);
  if (!anyName.test(name)) {
    return refuse(
      field,
      "must hold only Latin letters, spaces, apostrophes, hyphens and full stops",
      problems,
    );
  }
  const key = identityKey(name);
  if (key === "" || key.length > maxKeyLength) {
    return refuse(field, "must hold letters that a search can use", problems);
  }
  return name;
}

/** Returns an institution's name in NFC, or reports a problem. */
export function readInstitutionName(value: unknown, field: string, problems: ProblemList): string {
  if (typeof value !== "string") return refuse(field, "must be a string", problems);
  const name = value.normalize("NFC").trim();
  const length = [...name].length;
  if (length < 1 || length > maxInstitutionNameLength) {
    return refuse(field, "must hold 1 to 200 characters", problems);
  }
  if (!institutionName.test(name)) return refuse(field, "must hold no control characters", problems);
  return name;
}

/** Returns the day (`YYYY-MM-DD`, 1900 to 2199), or reports a problem. */
export function readDay(value: unknown, field: string, problems: ProblemList): string {
  const packed = packDate(value);
  if (packed >= 0 && isDay(packed)) return value as string;
  return refuse(field, "must be a date that exists, as YYYY-MM-DD", problems);
}

/** Returns the birth date, in which an unknown day, or day and month, are 00; or reports a problem. */
export function readBirthDate(value: unknown, field: string, problems: ProblemList): string {
  const packed = packDate(value);
  if (packed >= 0) {
    const monthAndDay = packed % 10_000;
    if (isDay(packed) || monthAndDay === 0) return value as string;
    if (monthAndDay % 100 === 0 && isDay(packed + 1)) return value as string;
  }
  return refuse(field, "must be a date that exists, as YYYY-MM-DD, with 00 for what is unknown", problems);
}

/** Returns the COG code of a commune or country (shape only: codes come and go), or reports a problem. */
export function readCog(value: unknown, field: string, problems: ProblemList): string {
  if (typeof value === "string" && value.length === 5) {
    const second = value.charCodeAt(1);
    const corsica = value.charCodeAt(0) === 50 && (second === 65 || second === 66);
    if (isDigits(value, 0, 1) && (corsica || isDigits(value, 1, 2)) && isDigits(value, 2, 5)) return value;
  }
  return refuse(field, "must be a COG code: a commune (29019, 2A004) or a country (99xxx)", problems);
}

/** Returns the UAI in upper case (shape only: the check letter of public sandboxes is wrong), or reports. */
export function readUai(value: unknown, field: string, problems: ProblemList): string {
  if (typeof value === "string" && value.length === 8 && isDigits(value, 0, 7)) {
    const letter = value.charCodeAt(7);
    if (letter >= 65 && letter <= 90) return value;
    if (letter >= 97 && letter <= 122) return value.toUpperCase();
  }
  return refuse(field, "must be a UAI: seven digits and a letter", problems);
}

/** Reports keys that the format does not have. */
export function refuseUnknownKeys(value: object, known: ReadonlySet<string>, problems: ProblemList): void {
  for (const key in value) {
    // Anything else than an identifier might be data that slipped into a key: it is not repeated.
    if (!known.has(key)) problems.add(identifier.test(key) ? key : "", "is not a key of the format");
  }
}

const identifier = /^[A-Za-z_]{1,30}$/;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(field: string, reason: string, problems: ProblemList): "" {
  problems.add(field, reason);
  return "";
}

function isDigits(text: string, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code < 48 || code > 57) return false;
  }
  return true;
}

/** `YYYY-MM-DD` as the number YYYYMMDD, whatever month and day are; -1 when the shape or the century is wrong. */
function packDate(value: unknown): number {
  if (typeof value !== "string" || value.length !== 10) return -1;
  if (value.charCodeAt(4) !== 45 || value.charCodeAt(7) !== 45) return -1;
  let packed = 0;
  for (let index = 0; index < 10; index++) {
    if (index === 4 || index === 7) continue;
    const digit = value.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return -1;
    packed = packed * 10 + digit;
  }
  return packed >= 1900_00_00 && packed < 2200_00_00 ? packed : -1;
}

const daysOfMonth = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(packed: number): boolean {
  const day = packed % 100;
  const month = ((packed % 10_000) - day) / 100;
  const year = Math.floor(packed / 10_000);
  if (day === 0 || month === 0 || month > 12) return false;
  if (month !== 2 || day !== 29) return day <= (daysOfMonth[month] as number);
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
