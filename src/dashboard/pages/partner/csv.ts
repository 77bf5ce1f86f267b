import { stringify } from "csv-stringify/sync";

/** Cells that a spreadsheet would run as a formula are quoted away; the byte order mark tells it the encoding. */
export function csvOf(rows: readonly (readonly string[])[]): string {
  return stringify(rows as string[][], {
    bom: true,
    delimiter: ";",
    escape_formulas: true,
    record_delimiter: "windows",
  });
}
