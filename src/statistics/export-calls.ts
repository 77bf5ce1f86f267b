// Calls as a file: CSV for spreadsheets, newline-delimited JSON for programs.
import { stringify } from "csv-stringify/sync";
import type { SeenCall } from "./calls.ts";

export type ExportFormat = "csv" | "ndjson";

export const exportTypes: Readonly<Record<ExportFormat, string>> = {
  csv: "text/csv; charset=utf-8; header=present",
  ndjson: "application/x-ndjson",
};

/** Names as the contract writes them. */
const columns = [
  ["request_id", "requestId"],
  ["receive_time", "receivedAt"],
  ["token_id", "tokenId"],
  ["procedure_id", "procedureId"],
  ["protocol", "protocol"],
  ["http_method", "httpMethod"],
  ["route", "route"],
  ["method", "rpc"],
  ["recipient", "recipient"],
  ["client_address", "clientAddress"],
  ["user_agent", "userAgent"],
  ["http_status", "httpStatus"],
  ["rpc_code", "rpcCode"],
  ["error_id", "errorId"],
  ["outcome", "outcome"],
  ["duration_ms", "durationUs"],
  ["response_bytes", "responseBytes"],
  ["agent", "agent"],
] as const satisfies readonly (readonly [string, keyof SeenCall])[];

/** The parts of the file, as the calls come. */
export async function* writeExport(
  blocks: AsyncIterable<readonly SeenCall[]>,
  format: ExportFormat,
): AsyncIterable<string> {
  if (format === "csv") yield writeCsv([columns.map(([name]) => name)]);
  for await (const calls of blocks) {
    yield format === "csv" ? writeCsv(calls.map(valuesOf)) : calls.map(writeJson).join("");
  }
}

function writeCsv(rows: (string | number)[][]): string {
  // User agents are strangers' words: a spreadsheet must not run them.
  return stringify(rows, { record_delimiter: "windows", escape_formulas: true });
}

function writeJson(call: SeenCall): string {
  const values = valuesOf(call);
  return `${JSON.stringify(Object.fromEntries(columns.map(([name], index) => [name, values[index]])))}\n`;
}

function valuesOf(call: SeenCall): (string | number)[] {
  return columns.map(([, field]) => {
    if (field === "receivedAt") return new Date(call.receivedAt).toISOString();
    return field === "durationUs" ? call.durationUs / 1000 : call[field];
  });
}
