import assert from "node:assert/strict";
import { test } from "node:test";
import {
  readBirthDate,
  readCog,
  readDay,
  readInstitutionName,
  readName,
  readUai,
} from "../../src/referential/field-rules.ts";
import { ProblemList } from "../../src/referential/import-problem.ts";
import { SeededRandom } from "../../src/referential/seeded-random.ts";
import { nativeStringRules } from "../../src/validation/native-rules.ts";

type Reader = (value: unknown, field: string, problems: ProblemList) => string;

function accepts(read: Reader, value: unknown): boolean {
  const problems = new ProblemList();
  const result = read(value, "field", problems);
  assert.equal(result === "", problems.size > 0, `${value}`);
  return problems.size === 0;
}

const cases: readonly [Reader, readonly unknown[], readonly unknown[]][] = [
  [
    readDay,
    ["2000-02-29", "2024-02-29", "1900-01-01", "2199-12-31"],
    [
      "1900-02-29",
      "2023-02-29",
      "2024-04-31",
      "2024-13-01",
      "2024-00-01",
      "2024-01-00",
      "1899-12-31",
      "2200-01-01",
    ]
      .concat(["2024-1-01", "2024-01-1", "2024/01/01", "20240101", "2024-01-01T00:00", "", "２０２４-01-01"])
      .concat([undefined, null, 20240101] as never),
  ],
  [
    readBirthDate,
    ["2001-00-00", "2001-05-00", "2001-05-31"],
    ["2001-00-05", "2001-13-00", "2001-06-31", "0000-00-00"],
  ],
  [
    readCog,
    ["29019", "2A004", "2B033", "97105", "99352"],
    ["2C004", "2a004", "A2004", "2901", "290190", 29019, null],
  ],
  [readUai, ["0750106H", "0292973w"], ["750106H", "07501060", "0750106HH", "O750106H", undefined]],
  [
    readName,
    ["O'Neill", "D’Ñ", "Lê Thị", "a".repeat(100), "Ｄupont", "Jean\u2010Marc", "e\u0301"],
    ["", "a".repeat(101), "Дупонт", "R2D2", "a\tb", "a\u0000", "\ud800a", "-", "' .", "<b>", 3, null, ["a"]],
  ],
  [
    readInstitutionName,
    ["École n° 2 \\ « A »", "a".repeat(200)],
    ["", "  ", "a".repeat(201), "a\nb", "\ud800", 3],
  ],
];

test("each rule accepts what it should and refuses the rest", () => {
  for (const [read, right, wrong] of cases) {
    for (const value of right) assert.ok(accepts(read, value), `${read.name} must accept ${value}`);
    for (const value of wrong) assert.ok(!accepts(read, value), `${read.name} must refuse ${value}`);
  }
});

test("names are stored in one Unicode form, codes in upper case", () => {
  const problems = new ProblemList();
  assert.equal(readName("Dupre\u0301", "", problems), "Dupré");
  assert.equal(readUai("0292973w", "", problems), "0292973W");
});

test("the import accepts what the contract accepts in a search, and nothing else", () => {
  const random = new SeededRandom(7);
  const same = (read: Reader, rule: string, value: string) =>
    assert.equal(accepts(read, value), nativeStringRules[rule]?.(value), `${rule} ${JSON.stringify(value)}`);
  const digits = (length: number) => String(random.below(10 ** length)).padStart(length, "0");
  const letters = ["a", "É", "ÿ", " ", "'", "’", "-", ".", "1", "_", "\u0301", "ж", "\u00a0", "ł", "Ǆ", "ª"];
  for (let round = 0; round < 20_000; round++) {
    const year = random.pick(["18", "19", "20", "21", "22"]) + digits(2);
    const month = random.pick(["00", "02", "04", "12", digits(2)]);
    const date = `${year}-${month}-${random.pick(["00", "28", "29", "30", "31", digits(2)])}`;
    same(readBirthDate, "string.birth_date", date);
    same(readDay, "string.calendar_date", date);
    same(readCog, "string.cog", random.pick(["2A", "2B", "2C", digits(2)]) + digits(3 + random.below(2)));
    const name = Array.from({ length: random.below(5) }, () => random.pick(letters)).join("");
    if (name !== "") same(readName, "string.person_name", name);
  }
});
