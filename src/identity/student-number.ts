// The national student number (INE) in texts that people write: where none may stand, and where it must not be kept.

const studentNumber = /(?<![\p{L}\p{N}])\d{9}[0-9A-Z][A-Z](?![\p{L}\p{N}])/iu;
const studentNumbers = new RegExp(studentNumber, "giu");

/** Whether a text holds what has the shape of an INE: nine digits and two letters, or ten digits and a letter, alone. */
export function holdsStudentNumber(text: string): boolean {
  return studentNumber.test(text);
}

/** Puts a mark in place of each, in a text that is kept in the clear. */
export function hideStudentNumbers(text: string): string {
  return text.replace(studentNumbers, "INE…");
}
