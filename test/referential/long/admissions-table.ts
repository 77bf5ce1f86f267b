// Measures the decision of docs/referential.md: admissions as a JSON column of their student, or as a table of their
// own. `node test/referential/long/admissions-table.ts [students]`, on SQLite.
import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Sqlite from "better-sqlite3";
import {
  type GeneratedStudent,
  generateInstitutions,
  generateStudents,
} from "../../../src/referential/generate-referential.ts";
import { openSqliteConnection } from "../../../src/storage/database.ts";

const count = Number(process.argv[2] ?? 300_000);
const folder = await mkdtemp(join(tmpdir(), "statut-admissions-"));
const source = generateStudents(generateInstitutions(4000));
const students = Array.from({ length: count }, () => source.next().value);
const rowsPerTransaction = 5000;
const sampleSize = 50_000;
// A step without common factor with the count visits students in no order of the file.
const sample = Array.from(
  { length: sampleSize },
  (_, index) => students[(index * 7919) % count] as GeneratedStudent,
);

interface Design {
  readonly name: string;
  readonly schema: string;
  readonly indexes: string;
  /** Returns what inserts one student. */
  readonly insert: (connection: Sqlite.Database) => (student: GeneratedStudent) => void;
  /** Returns what finds the admissions of a student, most recent first. */
  readonly find: (connection: Sqlite.Database) => (ine: string) => unknown[];
}

const studentColumns =
  "ine text not null, birth_name text, given_names text, birth_date text, sex text, birthplace text";
const ownValues = ({ ine, birthName, givenNames, birthDate, sex, birthplaceCog }: GeneratedStudent) => [
  ine,
  birthName,
  JSON.stringify(givenNames),
  birthDate,
  sex ?? null,
  birthplaceCog ?? null,
];

const column: Design = {
  name: "one JSON column",
  schema: `create table students (${studentColumns}, admissions text not null)`,
  indexes: "create unique index students_by_ine on students (ine)",
  insert(connection) {
    const statement = connection.prepare("insert into students values (?, ?, ?, ?, ?, ?, ?)");
    return (student) => {
      const admissions = student.admissions.map((each) => Object.values(each)).reverse();
      statement.run(...ownValues(student), JSON.stringify(admissions));
    };
  },
  find(connection) {
    const statement = connection.prepare<[string], { admissions: string }>(
      "select * from students where ine = ?",
    );
    return (ine) => JSON.parse(statement.get(ine)?.admissions ?? "[]") as unknown[];
  },
};

const table: Omit<Design, "find" | "name"> = {
  schema: `create table students (id integer primary key, ${studentColumns});
    create table admissions (student_id integer not null references students (id), start_date text, end_date text,
      registered integer, regime text, commune text, uai text)`,
  indexes: `create unique index students_by_ine on students (ine);
    create index admissions_by_student on admissions (student_id)`,
  insert(connection) {
    const student = connection.prepare("insert into students values (null, ?, ?, ?, ?, ?, ?)");
    const admission = connection.prepare("insert into admissions values (?, ?, ?, ?, ?, ?, ?)");
    return (each) => {
      const { lastInsertRowid } = student.run(...ownValues(each));
      for (const { startDate, endDate, registered, regime, communeCog, uai } of each.admissions) {
        admission.run(lastInsertRowid, startDate, endDate, registered ? 1 : 0, regime, communeCog, uai);
      }
    };
  },
};

const joined: Design = {
  ...table,
  name: "a table, joined",
  find(connection) {
    const statement = connection.prepare<[string], { start_date: string | null }>(
      "select * from students left join admissions on student_id = id where ine = ? order by start_date desc",
    );
    return (ine) => statement.all(ine).filter((row) => row.start_date !== null);
  },
};

const twoStatements: Design = {
  ...table,
  name: "a table, two statements",
  find(connection) {
    const student = connection.prepare<[string], { id: number }>("select * from students where ine = ?");
    const admissions = connection.prepare(
      "select * from admissions where student_id = ? order by start_date desc",
    );
    return (ine) => admissions.all(student.get(ine)?.id);
  },
};

for (const design of [column, joined, twoStatements]) {
  const file = join(folder, `${design.name}.db`);
  const connection = openSqliteConnection(file);
  connection.exec(design.schema);
  const insert = design.insert(connection);
  const insertAll = connection.transaction((batch: readonly GeneratedStudent[]) => batch.forEach(insert));
  const startedAt = performance.now();
  for (let start = 0; start < count; start += rowsPerTransaction) {
    insertAll(students.slice(start, start + rowsPerTransaction));
  }
  connection.exec(design.indexes);
  const loadSeconds = (performance.now() - startedAt) / 1000;
  connection.pragma("wal_checkpoint(truncate)");
  const find = design.find(connection);
  const rounds = Array.from({ length: 5 }, () => {
    const from = performance.now();
    for (const { ine, admissions } of sample) assert.equal(find(ine).length, admissions.length);
    return ((performance.now() - from) * 1000) / sampleSize;
  }).sort((a, b) => a - b);
  const size = (await stat(file)).size / 2 ** 20;
  console.log(
    `${design.name}: load ${loadSeconds.toFixed(1)} s, ${size.toFixed(0)} MiB, lookup ${rounds[2]?.toFixed(1)} µs`,
  );
  connection.close();
}
await rm(folder, { recursive: true });
