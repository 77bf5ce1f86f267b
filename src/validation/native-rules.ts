// Native forms of the predefined rules of proto/statutetudiant/rules/v1/rules.proto, by rule id. They only say faster
// what the CEL there says; a test compares both on generated input. A rule without native form is left to CEL.
import { isCleanLines } from "./text-quality.ts";

export const nativeStringRules: Readonly<Record<string, (text: string) => boolean>> = {
  "string.ine": (text) => ine.test(text),
  "string.siret": isSiret,
  "string.calendar_date": isDay,
  "string.birth_date": isBirthDate,
  "string.cog": (text) => cog.test(text),
  "string.department": (text) => department.test(text),
  "string.person_name": isPersonName,
  "string.lines": isCleanLines,
};

const ine = /^[0-9A-Za-z]{11}$/;
const siret = /^[0-9]{14}$/;
const date = /^(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$/;
const cog = /^(?:[0-9]{2}|2[AB])[0-9]{3}$/;
const department = /^(?:0[1-9]|[1-8][0-9]|9[0-5]|2[AB]|97[1-8]|98[4-9])$/;
const commonName = /^[A-Za-zÀ-ÖØ-öø-ſ][A-Za-zÀ-ÖØ-öø-ſ .'\u2019-]{0,99}$/;
const anyName = /^[\p{Script=Latin}\p{M} .'\u2019\u02bc\u2010\u2011-]*$/u;
const latinLetter = /\p{Script=Latin}/u;

const zero = 48;

function isSiret(text: string): boolean {
  if (!siret.test(text)) return false;
  let luhn = 0;
  let plain = 0;
  for (let index = 0; index < 14; index++) {
    const digit = text.charCodeAt(index) - zero;
    const weighted = index % 2 === 0 ? digit * 2 : digit;
    luhn += weighted > 9 ? weighted - 9 : weighted;
    plain += digit;
  }
  return luhn % 10 === 0 || (plain % 5 === 0 && text.startsWith("356000000"));
}

function isDay(text: string): boolean {
  return date.test(text) && existsInCalendar(text, numberAt(text, 5), numberAt(text, 8));
}

function isBirthDate(text: string): boolean {
  if (!date.test(text)) return false;
  const month = numberAt(text, 5);
  const day = numberAt(text, 8);
  return day === 0 ? month <= 12 : existsInCalendar(text, month, day);
}

function existsInCalendar(text: string, month: number, day: number): boolean {
  return day >= 1 && month >= 1 && month <= 12 && day <= daysIn(text, month);
}

function daysIn(text: string, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  const year = numberAt(text, 0) * 100 + numberAt(text, 2);
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

function numberAt(text: string, index: number): number {
  return (text.charCodeAt(index) - zero) * 10 + text.charCodeAt(index + 1) - zero;
}

function isPersonName(text: string): boolean {
  if (commonName.test(text)) return true;
  return hasAtMost(text, 100) && anyName.test(text) && latinLetter.test(text);
}

/** Whether the text has at most so many characters (code points, as CEL counts). */
export function hasAtMost(text: string, maximum: number): boolean {
  return text.length <= maximum || (text.length <= 2 * maximum && [...text].length <= maximum);
}

/** Whether the text has at least so many characters (code points). */
export function hasAtLeast(text: string, minimum: number): boolean {
  return text.length >= 2 * minimum || (text.length >= minimum && [...text].length >= minimum);
}
