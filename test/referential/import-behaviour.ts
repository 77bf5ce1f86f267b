import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  type GeneratedStudent,
  generateInstitutions,
  generateStudents,
} from "../../src/referential/generate-referential.ts";
import { createStudentStorage } from "../../src/referential/student-storage.ts";
import { type Database, openDatabase } from "../../src/storage/database.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import {
  admission,
  chunks,
  importInstitutions,
  importStudents,
  lines,
  storedStudents,
  student,
} from "./sample-lines.ts";

const inserted = (count: number) => ({
  accepted: count,
  refused: 0,
  inserted: count,
  updated: 0,
  unchanged: 0,
});

/** What the import must do on any database. */
export function testImport(kind: DatabaseKind): void {
  describe("import", () => {
    test("stores what the line says, with search keys and the admissions most recent first", async () => {
      await using fresh = await kind.open();
      const { database } = fresh;
      await importInstitutions(database);
      const older = {
        ...admission,
        startDate: "2023-09-01",
        endDate: "2024-08-31",
        registered: false,
        regime: "RF7",
      };
      const line = student("123456789ab", { usualName: "O’Nŷd", admissions: [older, admission] });
      const counts = await importStudents(database, lines([line]));
      assert.deepEqual(counts, { lines: 1, ...inserted(1), problems: [] });
      const storage = createStudentStorage(database);
      assert.deepEqual(await storage.findByIne("123456789AB"), {
        ine: "123456789AB",
        birthName: "De La Cœur-Ménard",
        usualName: "O’Nŷd",
        givenNames: ["Anne-Élise", "Zoé"],
        birthDate: "2004-02-29",
        sex: "F",
        birthplaceCog: "2A004",
        admissions: [
          { ...admission, regime: 1 },
          { ...older, regime: 7 },
        ],
      });
      const byBirthName = await storage.findByBirthName("DELACOEURMENARD", ["2004-02-29"]);
      const byUsualName = await storage.findByUsualName("ONYD", ["2004-00-00", "2004-02-29"]);
      assert.deepEqual([byBirthName.length, byUsualName.length], [1, 1]);
      assert.equal((await storage.findByBirthName("DELACOEURMENARD", ["2004-02-28"])).length, 0);
      assert.deepEqual(await storage.findBornOn("DELACOEURMENARD", "2004-02-29"), byBirthName);
      assert.deepEqual(await storage.findBornOn("DELACOEURMENARD", "2004-02-28"), []);
      const [stored] = await storedStudents(database);
      assert.equal(stored?.["birth_name_key"], "DELACOEURMENARD");
    });

    test("the same file twice changes nothing; a changed line updates its student as a whole", async () => {
      await using fresh = await kind.open();
      const { database } = fresh;
      await importInstitutions(database);
      assert.deepEqual(await importInstitutions(database), {
        lines: 2,
        accepted: 2,
        refused: 0,
        inserted: 0,
        updated: 0,
        unchanged: 2,
        problems: [],
      });
      const people = Array.from({ length: 120 }, (_, index) => student(`${100000000 + index}AB`));
      assert.equal((await importStudents(database, lines(people))).inserted, 120);
      const before = await storedStudents(database);
      const again = await importStudents(database, lines(people));
      assert.deepEqual([again.inserted, again.updated, again.unchanged], [0, 0, 120]);
      assert.deepEqual(await storedStudents(database), before);
      people[7] = student("100000007AB", { admissions: [], sex: null });
      people.push(student("200000000AB"));
      const third = await importStudents(database, lines(people));
      assert.deepEqual([third.inserted, third.updated, third.unchanged], [1, 1, 119]);
      const found = await createStudentStorage(database).findByIne("100000007AB");
      assert.deepEqual([found?.admissions, found?.sex], [[], undefined]);
    });

    test("refuses bad lines with number, field and reason, and imports the others", async () => {
      await using fresh = await kind.open();
      const { database } = fresh;
      await importInstitutions(database);
      const twoAdmissions = { admissions: [admission, { ...admission, uai: "9999999Z" }] };
      const content = lines([
        student("100000000AB"),
        "{not json",
        student("100000001AB", twoAdmissions),
        student("100000002A"),
        "",
        student("100000003AB", { sex: "X", birthDate: "2003-02-29", surname: "?" }),
        student("100000000ab"),
        student("100000004AB", { admissions: [{ ...admission, endDate: "2025-08-31" }] }),
        student("100000005AB"),
      ]);
      const result = await importStudents(database, content);
      assert.deepEqual(result.problems, [
        { line: 2, field: "", reason: "is not JSON" },
        { line: 3, field: "admissions[1].uai", reason: "is not a known institution" },
        { line: 4, field: "ine", reason: "must be an INE: 11 letters or digits" },
        { line: 6, field: "surname", reason: "is not a key of the format" },
        {
          line: 6,
          field: "birthDate",
          reason: "must be a date that exists, as YYYY-MM-DD, with 00 for what is unknown",
        },
        { line: 6, field: "sex", reason: "must be M, F or absent" },
        { line: 7, field: "ine", reason: "stood in the file before" },
        { line: 8, field: "admissions[0].endDate", reason: "must not be before startDate" },
      ]);
      assert.deepEqual([result.lines, result.accepted, result.refused, result.inserted], [9, 2, 6, 2]);
      const stored = (await storedStudents(database)).map((row) => row["ine"]);
      assert.deepEqual(
        stored,
        ["100000000AB", "100000005AB"],
        "no student with a bad admission is half written",
      );
    });

    test("a refused line leaves the stored student as it was", async () => {
      await using fresh = await kind.open();
      const { database } = fresh;
      await importInstitutions(database);
      await importStudents(database, lines([student("100000000AB")]));
      const before = await storedStudents(database);
      const worse = student("100000000AB", {
        birthName: "Autre",
        admissions: [admission, { ...admission, regime: "RF9" }],
      });
      const result = await importStudents(database, lines([worse]));
      assert.equal(result.refused, 1);
      assert.deepEqual(await storedStudents(database), before);
    });

    test("a dry run reports the same and writes nothing", async () => {
      await using fresh = await kind.open();
      const { database } = fresh;
      await importInstitutions(database);
      const content = lines([student("100000000AB"), student("1")]);
      const result = await importStudents(database, content, { dryRun: true });
      assert.deepEqual([result.accepted, result.refused, result.inserted], [1, 1, 0]);
      assert.deepEqual(await storedStudents(database), []);
      assert.equal((await database.knex("imports").where("kind", "students")).length, 0);
    });

    test("CSV, gzip, any chunking and any line end give what NDJSON gives", async () => {
      const schools = generateInstitutions(30);
      const source = generateStudents(schools);
      const people = Array.from({ length: 400 }, () => source.next().value);
      const results: unknown[] = [];
      const variants: [string, string | Buffer | AsyncIterable<Uint8Array>, "ndjson" | "csv"][] = [
        ["plain", lines(people), "ndjson"],
        ["tiny chunks, BOM, CRLF", chunks(`\ufeff${lines(people).replaceAll("\n", "\r\n")}`, 37), "ndjson"],
        ["gzip", gzipSync(lines(people)), "ndjson"],
        [
          "gzip in two members",
          Buffer.concat([gzipSync(lines(people.slice(0, 9))), gzipSync(lines(people.slice(9)))]),
          "ndjson",
        ],
        ["CSV", toCsv(people, ","), "csv"],
        ["quoted CSV with semicolons in gzip", gzipSync(toCsv(people, ";", true)), "csv"],
      ];
      for (const [name, content, format] of variants) {
        await using fresh = await kind.open();
        await importInstitutions(fresh.database, lines(schools));
        const result = await importStudents(fresh.database, content, { format });
        assert.deepEqual([result.inserted, result.problems], [400, []], name);
        results.push(await storedStudents(fresh.database));
      }
      for (const result of results.slice(1)) assert.deepEqual(result, results[0]);
    });

    test("a first import appears as a whole, and leaves the table with all its indexes", async () => {
      await using fresh = await kind.open();
      const { database } = fresh;
      await importInstitutions(database);
      const storage = createStudentStorage(database);
      const seen: (string | undefined)[] = [];
      const pause = async function* () {
        for (let part = 0; part < 4; part++) {
          yield Buffer.from(manyLines(part));
          seen.push((await storage.findByIne("100000000AB"))?.ine);
        }
      };
      const result = await importStudents(database, pause());
      assert.equal(result.inserted, 4 * 20_000);
      assert.deepEqual(seen, [undefined, undefined, undefined, undefined]);
      assert.equal((await storage.findByIne("100000000AB"))?.ine, "100000000AB");
      assert.deepEqual(await indexNames(database), [
        "students_by_birth_name",
        "students_by_ine",
        "students_by_usual_name",
      ]);
      await assert.rejects(
        async () => database.knex("students").insert({ ...(await storedStudents(database))[0] }),
        /unique/i,
      );
    });

    test("an import that another one overtakes stops, and does not write again", async () => {
      await using fresh = await kind.open();
      const { database } = fresh;
      await importInstitutions(database);
      await importStudents(database, lines([student("900000000AB")]));
      await using other = new AsyncDisposableStack();
      const elsewhere = other.adopt(openDatabase(fresh.location), (opened) => opened.close());
      const overtaken = async function* () {
        yield Buffer.from(manyLines(0));
        await importStudents(elsewhere, lines([student("900000001AB")]));
        for (let part = 1; part < 8; part++) yield Buffer.from(manyLines(part));
      };
      await assert.rejects(importStudents(database, overtaken()), /another import of the same kind/);
      const left = await storedStudents(database);
      assert.deepEqual(
        left.slice(-2).map((row) => row["ine"]),
        ["900000000AB", "900000001AB"],
      );

      await using second = await kind.open();
      await importInstitutions(second.database);
      const beside = other.adopt(openDatabase(second.location), (opened) => opened.close());
      const overtakenFirst = async function* () {
        yield Buffer.from(manyLines(0));
        await importStudents(beside, lines([student("900000001AB")]));
        yield Buffer.from(manyLines(1));
      };
      await assert.rejects(
        importStudents(second.database, overtakenFirst()),
        /another import of the same kind/,
      );
      assert.deepEqual(
        (await storedStudents(second.database)).map((row) => row["ine"]),
        ["900000001AB"],
      );
    });

    test("students that appear during a first import are not lost", async () => {
      await using fresh = await kind.open();
      const { database } = fresh;
      await importInstitutions(database);
      await using other = new AsyncDisposableStack();
      const elsewhere = other.adopt(openDatabase(fresh.location), (opened) => opened.close());
      const raced = async function* () {
        yield Buffer.from(lines([student("100000000AB")]));
        await importStudents(elsewhere, lines([student("200000000AB")]), { checkpoints: false });
      };
      await assert.rejects(importStudents(database, raced()), /written by something else/);
      assert.deepEqual(
        (await storedStudents(database)).map((row) => row["ine"]),
        ["200000000AB"],
      );
      await importStudents(database, lines([student("100000000AB")]));
      assert.equal((await storedStudents(database)).length, 2);
    });
  });
}

function manyLines(part: number): string {
  return lines(
    Array.from({ length: 20_000 }, (_, index) => student(`${100_000_000 + part * 20_000 + index}AB`)),
  );
}

async function indexNames({ dialect, knex }: Database): Promise<string[]> {
  const [table, name, owner] =
    dialect === "sqlite" ? ["sqlite_master", "name", "tbl_name"] : ["pg_indexes", "indexname", "tablename"];
  const names: string[] = await knex(table).where(owner, "students").pluck(name);
  return names.filter((each) => each !== "students").sort();
}

function toCsv(people: readonly GeneratedStudent[], separator: string, quoted = false): string {
  const write = (cell: unknown) => (quoted ? `"${cell ?? ""}"` : String(cell ?? ""));
  const rows: unknown[][] = [
    ["ine", "birthName", "usualName", "givenNames", "birthDate", "sex", "birthplaceCog"].concat([
      "startDate",
      "endDate",
      "registered",
      "regime",
      "communeCog",
      "uai",
    ]),
  ];
  for (const { admissions, givenNames, ...each } of people) {
    const { ine, birthName, usualName, birthDate, sex, birthplaceCog } = each;
    const own = [ine, birthName, usualName, givenNames.join("|"), birthDate, sex, birthplaceCog];
    if (admissions.length === 0) rows.push([...own, "", "", "", "", "", ""]);
    for (const { startDate, endDate, registered, regime, communeCog, uai } of admissions) {
      rows.push([...own, startDate, endDate, registered, regime, communeCog, uai]);
    }
  }
  return rows.map((row) => `${row.map(write).join(separator)}\n`).join("");
}
