// Readers of option values. What they refuse, commander reports with the option's name (exit code 2).
import { InvalidArgumentError } from "commander";

/** Longest reason that is stored, in characters. */
const maxReason = 500;

export function readWholeNumber(text: string): number {
  if (!/^\d{1,9}$/u.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

/** Items between commas, without empty ones. */
export function readList(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** An instant in milliseconds. Without a zone it would depend on the machine, so that it is refused. */
export function readInstant(text: string): number {
  const shape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/u;
  const instant = shape.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instant)) {
    throw new InvalidArgumentError("It must be an ISO 8601 instant such as 2026-09-01T00:00:00+02:00.");
  }
  return instant;
}

export function checkReason(text: string): string {
  const reason = text.trim();
  if (reason === "" || reason.length > maxReason || /\p{Cc}/u.test(reason)) {
    throw new InvalidArgumentError(`It must hold 1 to ${maxReason} characters without control characters.`);
  }
  return reason;
}

/** An e-mail address in the form that HTML accepts, of 254 characters at most (RFC 5321, 4.5.3.1). */
export function readEmail(text: string): string {
  const email = text.trim();
  if (email.length > 254 || !/^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/iu.test(email)) {
    throw new InvalidArgumentError("It must be an e-mail address.");
  }
  return email;
}

export function readName(text: string): string {
  const name = text.trim();
  if (name === "" || name.length > 200 || /\p{C}/u.test(name)) {
    throw new InvalidArgumentError("It must hold 1 to 200 characters without control characters.");
  }
  return name;
}
