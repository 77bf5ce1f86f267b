import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "csv-parse/sync";
import { createCsvDecoder, splitCells } from "../../src/referential/csv-decoder.ts";
import { studentLayout } from "../../src/referential/csv-layouts.ts";
import { ProblemList } from "../../src/referential/import-problem.ts";
import { IneSet } from "../../src/referential/ine-set.ts";
import { noRows } from "../../src/referential/record-decoder.ts";
import { SeededRandom } from "../../src/referential/seeded-random.ts";
import { readStudent } from "../../src/referential/student-record.ts";

test("rows are split as csv-parse splits them", () => {
  const random = new SeededRandom(3);
  let refused = 0;
  for (let round = 0; round < 4000; round++) {
    const row = Array.from({ length: 1 + random.below(8) }, () =>
      random.pick(['"', '"', '""', ",", "é", "b c", ";"]),
    ).join("");
    let expected: string[] | undefined;
    try {
      expected = (parse(row, { relax_quotes: false }) as string[][])[0];
    } catch {
      refused += 1;
    }
    // csv-parse lets a quote stand inside an unquoted cell only when it is told to.
    assert.deepEqual(splitCells(row, ","), expected, row);
  }
  assert.ok(refused > 500 && refused < 3500);
});

const header = "ine,birthName,givenNames,birthDate,startDate,endDate,registered,regime,communeCog,uai";

function decode(rows: readonly string[]) {
  const problems = new ProblemList();
  const context = { institutions: new Set(["0292973W"]), seen: new IneSet() };
  const decoder = createCsvDecoder(studentLayout, (value) => readStudent(value, context, problems), problems);
  const into = noRows();
  for (const row of [header, ...rows]) decoder.decode(`${row}\n`, into);
  decoder.end(into);
  const students = into.values.filter((_, index) => index % 10 === 0);
  return { students, refused: into.refused, problems: into.problems };
}

const row = (ine: string, start = "2025-09-01") =>
  `${ine},Durand,Zoé|Anne,2004-05-06,${start},2026-08-31,true,RF1,75006,0292973W`;

test("the rows of a student are one record, or refused as one", () => {
  const wrongDate = decode([row("100000000AB"), row("100000000AB", "2025-02-30"), row("100000001AB")]);
  assert.deepEqual(wrongDate.students, ["100000001AB"]);
  assert.deepEqual(wrongDate.problems, [
    { line: 2, field: "admissions[1].startDate", reason: "must be a date that exists, as YYYY-MM-DD" },
  ]);
  const differs = decode([row("100000000AB"), row("100000000AB").replace("Durand", "Dupont")]);
  assert.deepEqual(differs.problems, [
    { line: 3, field: "birthName", reason: "differs from the student's first row" },
  ]);
  const apart = decode([row("100000000AB"), row("100000001AB"), row("100000000AB", "2024-09-01")]);
  assert.deepEqual(apart.students, ["100000000AB", "100000001AB"]);
  assert.deepEqual(apart.problems, [{ line: 4, field: "ine", reason: "stood in the file before" }]);
});

test("a row that cannot be read refuses the students to whom it may belong", () => {
  const beside = "stands beside a row that cannot be read and may belong to it";
  const rows = [row("100000000AB"), row("100000001AB"), '"broken', row("100000002AB"), row("100000003AB")];
  const { students, problems, refused } = decode(rows);
  assert.deepEqual(students, ["100000000AB", "100000003AB"]);
  assert.equal(refused, 3);
  assert.deepEqual(problems, [
    { line: 3, field: "", reason: beside },
    { line: 4, field: "", reason: "has a quote where none may stand" },
    { line: 5, field: "", reason: beside },
  ]);
});

test("a student without admissions has one row with empty cells", () => {
  const { students, problems } = decode(["100000000AB,Durand,Zoé,2004-05-06,,,,,,"]);
  assert.deepEqual([students, problems], [["100000000AB"], []]);
  const halfEmpty = decode(["100000000AB,Durand,Zoé,2004-05-06,2025-09-01,,,,,"]);
  assert.equal(halfEmpty.refused, 1);
});

test("a header of another file ends the import", () => {
  for (const [bad, message] of [
    ["ine;birthName", /lacks givenNames/],
    ["ine,name", /column 2/],
    [`${header},ine`, /twice/],
  ] as const) {
    const problems = new ProblemList();
    const decoder = createCsvDecoder(studentLayout, () => undefined, problems);
    assert.throws(() => decoder.decode(`${bad}\n`, noRows()), message);
  }
});
