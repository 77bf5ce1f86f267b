// The one list of the journal's plain columns: it drives the hand-over to the writer, the commitment, the SQL and
// the reading. A new column is appended with a new version, so that older lines still verify.
import type { JournalLine, SealedFacts } from "./journal.ts";

/** Version of the canonical encoding, stored with each line. */
export const encodingVersion = 1;

type PlainField = Exclude<keyof JournalLine, "sealed">;

interface PlainColumn {
  readonly name: string;
  readonly field: PlainField;
  /** Type on PostgreSQL. */
  readonly type: "text" | "int8" | "int4";
  /** Longest text in UTF-16 units; longer values are cut. */
  readonly length?: number;
}

/** What differs from call to call. */
export const callColumns = [
  { name: "received_at", field: "receivedAt", type: "int8" },
  { name: "request_id", field: "requestId", type: "text", length: 40 },
  { name: "token_id", field: "tokenId", type: "text", length: 40 },
  { name: "procedure_id", field: "procedureId", type: "text", length: 40 },
  { name: "recipient", field: "recipient", type: "text", length: 14 },
  { name: "client_address", field: "clientAddress", type: "text", length: 45 },
  { name: "user_agent", field: "userAgent", type: "text", length: 200 },
  { name: "duration_us", field: "durationUs", type: "int8" },
  { name: "response_bytes", field: "responseBytes", type: "int8" },
] as const satisfies readonly PlainColumn[];

/** What most calls have in common with others. */
export const kindColumns = [
  { name: "protocol", field: "protocol", type: "text", length: 20 },
  { name: "http_method", field: "httpMethod", type: "text", length: 20 },
  { name: "route", field: "route", type: "text", length: 200 },
  { name: "rpc", field: "rpc", type: "text", length: 200 },
  { name: "http_status", field: "httpStatus", type: "int4" },
  { name: "rpc_code", field: "rpcCode", type: "text", length: 30 },
  { name: "error_id", field: "errorId", type: "text", length: 40 },
  { name: "outcome", field: "outcome", type: "text", length: 20 },
] as const satisfies readonly PlainColumn[];

export const plainColumns = [...callColumns, ...kindColumns];

/** Positions in the values of a line. */
export const position = Object.fromEntries(plainColumns.map(({ field }, index) => [field, index])) as Record<
  PlainField,
  number
>;

export type PlainValue = string | number | null;

/** A line on its way to the writer, in texts that it hashes and seals as they are. */
export interface EncodedLine {
  /** JSON of the values of `callColumns`, and of `kindColumns`, as both databases return them. */
  readonly call: string;
  readonly kind: string;
  /** JSON of the facts to seal. */
  readonly facts: string;
  /** JSON of the INE, or empty. */
  readonly ine: string;
}

/** Longest request target that is kept, in UTF-16 units. */
const targetLength = 2048;

/** Hot: it runs on the event loop's thread. */
export function encodeLine(line: JournalLine): EncodedLine {
  const { target, parameters, agent, ine, finding } = line.sealed;
  return {
    call: storableJson(callColumns, [
      line.receivedAt,
      line.requestId,
      line.tokenId,
      line.procedureId,
      line.recipient,
      line.clientAddress,
      line.userAgent,
      line.durationUs,
      line.responseBytes,
    ]),
    kind: storableJson(kindColumns, [
      line.protocol,
      line.httpMethod,
      line.route,
      line.rpc,
      line.httpStatus,
      line.rpcCode,
      line.errorId,
      line.outcome,
    ]),
    facts: JSON.stringify([target.slice(0, targetLength), parameters, agent, ine, finding]),
    ine: ine === undefined || ine === "" ? "" : JSON.stringify(ine),
  };
}

/** JSON of whole numbers and of well-formed texts without NUL, within their length. */
function storableJson(columns: readonly PlainColumn[], values: (PlainValue | undefined)[]): string {
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    const limit = columns[index]?.length;
    if (typeof value === "number") values[index] = Number.isInteger(value) ? value : wholeNumber(value);
    else if (value && limit !== undefined && value.length > limit) values[index] = value.slice(0, limit);
  }
  const json = JSON.stringify(values);
  // JSON escapes what cannot be stored as \\u: most lines have nothing of the kind.
  return json.includes("\\u") ? JSON.stringify(values.map(cleanText)) : json;
}

function wholeNumber(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value) : null;
}

function cleanText(value: PlainValue | undefined): PlainValue | undefined {
  return typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\u{FFFD}") : value;
}

/** Texts of a line in the message of its group. */
const textsOfLine = 4;

/** The message of a group: its texts, which JSON keeps on one line each. */
export function joinGroup(lines: Iterable<EncodedLine>): string {
  const texts: string[] = [];
  for (const { call, kind, facts, ine } of lines) texts.push(call, kind, facts, ine);
  return texts.join("\n");
}

export function splitGroup(message: string): EncodedLine[] {
  const texts = message.split("\n");
  const lines: EncodedLine[] = [];
  for (let index = 0; index < texts.length; index += textsOfLine) {
    const [call = "", kind = "", facts = "", ine = ""] = texts.slice(index, index + textsOfLine);
    lines.push({ call, kind, facts, ine });
  }
  return lines;
}

/** The values of an encoded line's `call` or `kind`. */
export function readValues(json: string): PlainValue[] {
  return JSON.parse(json) as PlainValue[];
}

/** INE of an encoded line. */
export function encodedIne({ ine }: EncodedLine): string | undefined {
  return ine === "" ? undefined : (JSON.parse(ine) as string);
}

/** Reads the opened facts back. */
export function readSealedText(text: string): SealedFacts {
  const [target, parameters, agent, ine, finding] = JSON.parse(text) as (string | null)[];
  return {
    target: target ?? "",
    parameters: parameters ?? undefined,
    agent: agent ?? undefined,
    ine: ine ?? undefined,
    finding: finding ?? undefined,
  };
}

/** What a line commits to: its place, its plain values and the facts that are sealed, all of them as JSON. */
export function canonicalText(
  version: number,
  chain: string,
  seq: number,
  { call, kind, facts }: Omit<EncodedLine, "ine">,
): string {
  return `[${version},"${chain}",${seq},${call},${kind},${facts}]`;
}

/** The JSON of values that were read. */
export function encodedValues(values: readonly PlainValue[]): {
  readonly call: string;
  readonly kind: string;
} {
  const call = JSON.stringify(values.slice(0, callColumns.length));
  return { call, kind: JSON.stringify(values.slice(callColumns.length)) };
}
