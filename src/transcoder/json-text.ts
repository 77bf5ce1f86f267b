// Strict reading of JSON text. JSON.parse alone keeps the last of two equal keys, rounds large integers and accepts any
// depth, so a scan of the text before it counts members, measures depth and looks for long numbers.
import { isUtf8 } from "node:buffer";
import type { JsonValue } from "@bufbuild/protobuf";

/** The text is not acceptable JSON; the message says why, without quoting it. */
export class InvalidJson extends Error {}

/** Deepest nesting of objects and arrays. */
const maxJsonDepth = 100;

/** An integer that a JavaScript number would round, as its digits. */
export class LongInteger {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }
}

export interface ParsedJson {
  readonly value: JsonValue;
  /** Whether the value holds `LongInteger`s, which only the type of their field can settle. */
  readonly hasLongIntegers: boolean;
}

/** Parses strict JSON from UTF-8. Throws `InvalidJson`. */
export function parseJson(bytes: Uint8Array): ParsedJson {
  if (!isUtf8(bytes)) throw new InvalidJson("is not UTF-8");
  return parseJsonText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
}

/** Parses strict JSON text. Throws `InvalidJson`. */
function parseJsonText(text: string): ParsedJson {
  const { members, depth, hasLongNumber } = scan(text);
  if (depth > maxJsonDepth) throw new InvalidJson(`is nested deeper than ${maxJsonDepth} levels`);
  const value = hasLongNumber ? parseExactly(text) : parsePlainly(text);
  if (countMembers(value) !== members) throw new InvalidJson("repeats a key within one object");
  return { value, hasLongIntegers: hasLongNumber };
}

function parsePlainly(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // The engine's message quotes the text.
    throw new InvalidJson("is not JSON");
  }
}

function parseExactly(text: string): JsonValue {
  const exactly = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value)
      ? exactNumber(value, context?.source ?? "")
      : value;
  try {
    return (JSON.parse as (text: string, reviver: typeof exactly) => JsonValue)(text, exactly);
  } catch (error) {
    throw error instanceof InvalidJson ? error : new InvalidJson("is not JSON");
  }
}

/** Digits beyond which a number may need more than 53 bits. */
const safeDigits = 15;
/** More digits than any integer type has; the cap keeps exponents such as 1e999999 from filling the memory. */
const maxDigits = 40;

function exactNumber(value: number, source: string): number | LongInteger {
  if (!Number.isFinite(value)) throw new InvalidJson("holds a number that is out of range");
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(source) ?? [];
  const shift = Number(exponent) - fraction.length;
  if (whole === "" || Math.abs(shift) > maxDigits || whole.length + fraction.length > maxDigits) return value;
  let digits = whole + fraction;
  if (shift >= 0) digits += "0".repeat(shift);
  else if (/^0*$/.test(digits.slice(shift))) digits = digits.slice(0, shift) || "0";
  else return value;
  return new LongInteger(sign + digits);
}

interface Scan {
  /** Object members: the colons outside strings. */
  members: number;
  depth: number;
  /** Whether some number has more digits than a double keeps, or an exponent. */
  hasLongNumber: boolean;
}

const quote = 0x22;
const backslash = 0x5c;

/** One pass over any text, JSON or not. */
function scan(text: string): Scan {
  let members = 0;
  let level = 0;
  let depth = 0;
  let digits = 0;
  let hasLongNumber = false;
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index);
    if (char >= 0x30 && char <= 0x39) {
      if (++digits > safeDigits) hasLongNumber = true;
      continue;
    }
    if (char === 0x45 || char === 0x65) hasLongNumber ||= digits > 0;
    // A fraction counts with the digits before it.
    if (char !== 0x2e) digits = 0;
    if (char === quote) index = endOfString(text, index + 1);
    else if (char === 0x3a) members++;
    else if (char === 0x7b || char === 0x5b) {
      if (++level > depth) depth = level;
    } else if (char === 0x7d || char === 0x5d) level--;
  }
  return { members, depth, hasLongNumber };
}

/** Index of the quote that ends a string. */
function endOfString(text: string, start: number): number {
  for (let index = start; index < text.length; index++) {
    const char = text.charCodeAt(index);
    if (char === backslash) index++;
    else if (char === quote) return index;
  }
  return text.length;
}

function countMembers(value: JsonValue): number {
  if (typeof value !== "object" || value === null || value instanceof LongInteger) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += countMembers(item);
    return count;
  }
  for (const key of Object.keys(value)) count += 1 + countMembers(value[key] as JsonValue);
  return count;
}
