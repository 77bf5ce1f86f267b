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

export const plainColumns = [
  { name: "received_at", field: "receivedAt", type: "int8" },
  { name: "request_id", field: "requestId", type: "text", length: 40 },
  { name: "token_id", field: "tokenId", type: "text", length: 40 },
  { name: "procedure_id", field: "procedureId", type: "text", length: 40 },
  { name: "protocol", field: "protocol", type: "text", length: 20 },
  { name: "http_method", field: "httpMethod", type: "text", length: 20 },
  { name: "route", field: "route", type: "text", length: 200 },
  { name: "rpc", field: "rpc", type: "text", length: 200 },
  { name: "recipient", field: "recipient", type: "text", length: 14 },
  { name: "client_address", field: "clientAddress", type: "text", length: 45 },
  { name: "user_agent", field: "userAgent", type: "text", length: 200 },
  { name: "http_status", field: "httpStatus", type: "int4" },
  { name: "rpc_code", field: "rpcCode", type: "text", length: 30 },
  { name: "error_id", field: "errorId", type: "text", length: 40 },
  { name: "outcome", field: "outcome", type: "text", length: 20 },
  { name: "duration_us", field: "durationUs", type: "int8" },
  { name: "response_bytes", field: "responseBytes", type: "int8" },
] as const satisfies readonly PlainColumn[];

const columns: readonly PlainColumn[] = plainColumns;

/** Positions in the values of a line. */
export const position = Object.fromEntries(columns.map(({ field }, index) => [field, index])) as Record<
  PlainField,
  number
>;

export type PlainValue = string | number | null;

/** A line on its way to the writer: plain values in the order of `plainColumns`, then the sealed facts. */
export type EncodedLine = readonly (PlainValue | undefined)[];

/** Lists the values of a line; JSON turns what is undefined into null. Hot: it runs on the event loop's thread. */
export function encodeLine(line: JournalLine): EncodedLine {
  const { sealed } = line;
  return [
    line.receivedAt,
    line.requestId,
    line.tokenId,
    line.procedureId,
    line.protocol,
    line.httpMethod,
    line.route,
    line.rpc,
    line.recipient,
    line.clientAddress,
    line.userAgent,
    line.httpStatus,
    line.rpcCode,
    line.errorId,
    line.outcome,
    line.durationUs,
    line.responseBytes,
    sealed.target,
    sealed.parameters,
    sealed.agent,
    sealed.ine,
    sealed.finding,
  ];
}

/** Longest text of each column, or 0 for a number. */
const limits = columns.map(({ length }) => length ?? 0);

function fitted(value: PlainValue, limit: number): PlainValue {
  if (value === null) return null;
  if (limit === 0) return Number.isFinite(value) ? Math.round(Number(value)) : null;
  const text = typeof value === "string" ? value : String(value);
  return text.length > limit ? text.slice(0, limit) : text;
}

/**
 * Plain values as both databases return them (whole numbers, well-formed text without NUL, within its length), and
 * their JSON.
 */
export function storableValues(line: EncodedLine): { values: readonly PlainValue[]; json: string } {
  const values = limits.map((limit, index) => fitted(line[index] ?? null, limit));
  const json = JSON.stringify(values);
  // JSON escapes what cannot be stored as \\u: most lines have nothing of the kind.
  if (!json.includes("\\u")) return { values, json };
  const clean = values.map((value) =>
    typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\u{FFFD}") : value,
  );
  return { values: clean, json: JSON.stringify(clean) };
}

/** Longest request target that is kept, in UTF-16 units. */
const targetLength = 2048;

/** The facts to seal, as JSON text. */
export function sealedText(line: EncodedLine): string {
  const facts = line.slice(columns.length);
  facts[0] = String(facts[0] ?? "").slice(0, targetLength);
  return JSON.stringify(facts);
}

/** INE of an encoded line. */
export function encodedIne(line: EncodedLine): string | undefined {
  const ine = line[columns.length + 3];
  return typeof ine === "string" && ine !== "" ? ine : undefined;
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

/** What a line commits to: its place, every plain column, as JSON, and the facts that are sealed. */
export function canonicalText(
  version: number,
  chain: string,
  seq: number,
  values: string,
  sealed: string,
): string {
  return `[${version},"${chain}",${seq},${values},${sealed}]`;
}
