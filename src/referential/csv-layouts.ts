import type { CsvLayout, CsvRow } from "./csv-decoder.ts";
import type { ProblemList } from "./import-problem.ts";

/** One institution on each row. */
export const institutionLayout: CsvLayout = {
  columns: ["uai", "name", "communeCog"],
  required: ["uai", "name", "communeCog"],
  toRecord: ([row]) => ({ uai: row?.cells[0], name: row?.cells[1], communeCog: row?.cells[2] }),
};

const identityColumns = [
  "ine",
  "birthName",
  "usualName",
  "givenNames",
  "birthDate",
  "sex",
  "birthplaceCog",
] as const;
const admissionColumns = ["startDate", "endDate", "registered", "regime", "communeCog", "uai"] as const;
const firstAdmissionColumn = identityColumns.length;

/** Separates given names inside their cell: it stands in no name. */
const givenNameSeparator = "|";

/**
 * One admission on each row, with the student's own columns repeated; the rows of a student follow each other. A
 * student without admissions has one row, whose admission columns are empty.
 */
export const studentLayout: CsvLayout = {
  columns: [...identityColumns, ...admissionColumns],
  required: ["ine", "birthName", "givenNames", "birthDate", ...admissionColumns],
  groupBy: "ine",
  toRecord: toStudent,
};

function toStudent(rows: readonly CsvRow[], problems: ProblemList): unknown {
  const first = rows[0] as CsvRow;
  for (const row of rows) reportDifferences(row, first, problems);
  const [ine, birthName, usualName, givenNames, birthDate, sex, birthplaceCog] = first.cells;
  const admissions = rows.length === 1 && hasNoAdmission(first) ? [] : rows.map(toAdmission);
  return {
    ine,
    birthName,
    usualName,
    givenNames: givenNames?.split(givenNameSeparator),
    birthDate,
    sex,
    birthplaceCog,
    admissions,
  };
}

function reportDifferences(row: CsvRow, first: CsvRow, problems: ProblemList): void {
  for (let index = 0; index < firstAdmissionColumn; index++) {
    if (row.cells[index] === first.cells[index]) continue;
    problems.line = row.line;
    problems.add(identityColumns[index] as string, "differs from the student's first row");
  }
}

function hasNoAdmission(row: CsvRow): boolean {
  for (let index = firstAdmissionColumn; index < row.cells.length; index++) {
    if (row.cells[index] !== undefined) return false;
  }
  return true;
}

function toAdmission(row: CsvRow): unknown {
  const [startDate, endDate, registered, regime, communeCog, uai] = row.cells.slice(firstAdmissionColumn);
  return { startDate, endDate, registered: toBoolean(registered), regime, communeCog, uai };
}

function toBoolean(cell: string | undefined): boolean | string | undefined {
  return cell === "true" ? true : cell === "false" ? false : cell;
}
