// Reads field values from text: path variables and query parameters.
import { create, type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";

/** Text → value as protobuf-es stores it, or `InvalidText` with what was expected. */
export type TextReader = (text: string) => unknown;

/** The text has no value for its field. The message says what was expected, never what was sent. */
export class InvalidText extends Error {}

/** The reader of a singular field or of an item of a repeated one; undefined when the type has no text form. */
export function textReaderOf(field: DescField): TextReader | undefined {
  const inList = field.fieldKind === "list";
  const kind = inList ? field.listKind : field.fieldKind;
  if (kind === "map") return undefined;
  if (kind === "scalar")
    return scalarReader(field.scalar ?? ScalarType.STRING, "longAsString" in field && field.longAsString);
  if (kind === "enum") return field.enum === undefined ? undefined : enumReader(field.enum);
  const { message } = field;
  if (message === undefined) return undefined;
  const read = wellKnownReader(message);
  if (read === undefined || !isWrapperDesc(message)) return read;
  // protobuf-es stores a wrapper as its bare scalar, except in lists and oneofs.
  return inList || field.oneof !== undefined ? (text) => create(message, { value: read(text) }) : read;
}

function wellKnownReader(message: DescMessage): TextReader | undefined {
  const wrapped = isWrapperDesc(message) ? message.fields[0] : undefined;
  if (wrapped?.fieldKind === "scalar") return scalarReader(wrapped.scalar, wrapped.longAsString);
  switch (message.typeName) {
    case "google.protobuf.Timestamp":
      return (text) => create(message, readTimestamp(text));
    case "google.protobuf.Duration":
      return (text) => create(message, readDuration(text));
    case "google.protobuf.FieldMask":
      return (text) => create(message, { paths: readFieldMask(text) });
    default:
      return undefined;
  }
}

function scalarReader(type: ScalarType, longAsString: boolean): TextReader {
  switch (type) {
    case ScalarType.STRING:
      return (text) => text;
    case ScalarType.BOOL:
      return readBool;
    case ScalarType.BYTES:
      return readBytes;
    case ScalarType.DOUBLE:
      return (text) => readFloat(text, Number.MAX_VALUE);
    case ScalarType.FLOAT:
      return (text) => readFloat(text, floatMax);
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return (text) => Number(readInteger(text, -(2n ** 31n), 2n ** 31n - 1n, "a 32-bit integer"));
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return (text) => Number(readInteger(text, 0n, 2n ** 32n - 1n, "an unsigned 32-bit integer"));
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return long(
        (text) => readInteger(text, 0n, 2n ** 64n - 1n, "an unsigned 64-bit integer"),
        longAsString,
      );
    default:
      return long(
        (text) => readInteger(text, -(2n ** 63n), 2n ** 63n - 1n, "a 64-bit integer"),
        longAsString,
      );
  }
}

function long(read: (text: string) => bigint, asString: boolean): TextReader {
  return asString ? (text) => String(read(text)) : read;
}

function readBool(text: string): boolean {
  if (text === "true") return true;
  if (text === "false") return false;
  throw new InvalidText("must be true or false");
}

const integerText = /^-?[0-9]{1,40}$/;

function readInteger(text: string, min: bigint, max: bigint, name: string): bigint {
  if (integerText.test(text)) {
    const value = BigInt(text);
    if (value >= min && value <= max) return value;
  }
  throw new InvalidText(`must be ${name}, in decimal`);
}

const floatText = /^-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
/** Largest finite value of a 32-bit float. */
const floatMax = 3.4028234663852886e38;

function readFloat(text: string, max: number): number {
  if (text === "NaN") return Number.NaN;
  if (text === "Infinity") return Number.POSITIVE_INFINITY;
  if (text === "-Infinity") return Number.NEGATIVE_INFINITY;
  const value = floatText.test(text) ? Number(text) : Number.NaN;
  if (Math.abs(value) <= max) return value;
  throw new InvalidText("must be a decimal number, NaN, Infinity or -Infinity");
}

function enumReader(desc: DescEnum): TextReader {
  const numbers = new Map<string, number>();
  for (const value of desc.values) numbers.set(value.jsonName, value.number);
  // After the JSON names: a proto name wins where both exist.
  for (const value of desc.values) numbers.set(value.name, value.number);
  const known = new Set(numbers.values());
  return (text) => {
    const number = numbers.get(text) ?? enumNumber(text);
    if (number !== undefined && (desc.open || known.has(number))) return number;
    throw new InvalidText(`must be a value of ${desc.name}, by name or number`);
  };
}

function enumNumber(text: string): number | undefined {
  if (!integerText.test(text)) return undefined;
  const value = Number(text);
  return value === (value | 0) ? value | 0 : undefined;
}

const base64Text = /^[A-Za-z0-9+/_-]*(={0,2})$/;

function readBytes(text: string): Uint8Array {
  const padding = base64Text.exec(text)?.[1]?.length;
  const digits = text.length - (padding ?? 0);
  // Padding may be left out, but not be wrong; one digit alone holds no byte.
  if (padding === undefined || digits % 4 === 1 || (padding > 0 && text.length % 4 !== 0)) {
    throw new InvalidText("must be base64");
  }
  return new Uint8Array(Buffer.from(text, "base64"));
}

const timestampText =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?([Zz]|[+-][0-9]{2}:[0-9]{2})$/;

function readTimestamp(text: string): { seconds: bigint; nanos: number } {
  const seconds = timestampSeconds(timestampText.exec(text));
  if (seconds === undefined)
    throw new InvalidText("must be an RFC 3339 date and time, such as 2026-01-31T09:30:00Z");
  return { seconds: BigInt(seconds), nanos: readNanos(timestampText.exec(text)?.[7]) };
}

/** Seconds since 1970, or undefined for a date that does not exist or lies outside the years 0001 to 9999. */
function timestampSeconds(match: RegExpExecArray | null): number | undefined {
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offset = match[8] ?? "Z";
  const [offsetHours = 0, offsetMinutes = 0] =
    offset.length === 1 ? [] : offset.slice(1).split(":").map(Number);
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const sign = offset.startsWith("-") ? -1 : 1;
  const seconds =
    date.getTime() / 1000 +
    (hour - sign * offsetHours) * 3600 +
    (minute - sign * offsetMinutes) * 60 +
    second;
  return seconds >= timestampSecondsMin && seconds <= timestampSecondsMax ? seconds : undefined;
}

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
const timestampSecondsMin = -62135596800;
const timestampSecondsMax = 253402300799;

function readNanos(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Number(fraction.padEnd(9, "0"));
}

const durationText = /^(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?s$/;
/** About 10,000 years, the range of google.protobuf.Duration. */
const durationSecondsMax = 315_576_000_000;

function readDuration(text: string): { seconds: bigint; nanos: number } {
  const [, sign, digits, fraction] = durationText.exec(text) ?? [];
  const seconds = Number(digits);
  const nanos = readNanos(fraction);
  const inRange = seconds < durationSecondsMax || (seconds === durationSecondsMax && nanos === 0);
  if (digits === undefined || !inRange)
    throw new InvalidText("must be seconds with the suffix s, such as 1.5s");
  // Adding zero keeps -0 out of the message.
  return sign === "-" ? { seconds: -BigInt(digits), nanos: -nanos + 0 } : { seconds: BigInt(digits), nanos };
}

const maskPath = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/;

function readFieldMask(text: string): string[] {
  if (text === "") return [];
  return text.split(",").map((path) => {
    if (!maskPath.test(path)) throw new InvalidText("must be field paths separated by commas");
    return path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  });
}
