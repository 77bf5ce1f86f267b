// docs/terms-kept.md says what keeps each sentence of the terms: what it names must be there.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fromRoot } from "../tools/repository.ts";

interface Row {
  readonly number: string;
  readonly keptBy: string;
  readonly shownBy: string;
}

const document = readFileSync(fromRoot("docs/terms-kept.md"), "utf8");
const rows = [...document.matchAll(/^\| (\d[\d.]*) \| (.+?) \| (.+?) \| (.+?) \|$/gmu)].map(
  ([, number = "", , keptBy = "", shownBy = ""]): Row => ({ number, keptBy, shownBy }),
);

const pathsIn = (text: string) => [...text.matchAll(/`([\w./-]+\/[\w.-]+)`/gu)].map(([, path = ""]) => path);

/** Test files with the names of tests that follow them. */
function testsIn(text: string): { readonly path: string; readonly names: readonly string[] }[] {
  return text
    .split(/(?=`test\/)/u)
    .filter((part) => part.startsWith("`test/"))
    .map((part) => ({
      path: pathsIn(part)[0] ?? "",
      names: [...part.matchAll(/“([^”]+)”/gu)].map(([, name = ""]) => name),
    }));
}

test("every article has its sentences, each once", () => {
  const numbers = rows.map(({ number }) => number);
  assert.equal(new Set(numbers).size, numbers.length);
  const counts = Object.groupBy(numbers, (number) => number.slice(0, 1));
  assert.deepEqual(
    Object.entries(counts).map(([article, ofArticle]) => [article, ofArticle?.length]),
    [
      ["1", 7],
      ["2", 13],
      ["3", 4],
      ["4", 3],
      ["5", 4],
      ["6", 3],
    ],
  );
});

for (const { number, keptBy, shownBy } of rows) {
  test(`${number} is kept by what is there, and shown by tests that are there`, () => {
    const keepers = pathsIn(keptBy);
    assert.ok(keepers.length > 0, "nothing is named that keeps it");
    for (const path of keepers) assert.ok(existsSync(fromRoot(path)), path);
    const tests = testsIn(shownBy);
    assert.ok(tests.length > 0, "no test is named that shows it");
    for (const { path, names } of tests) {
      const text = readFileSync(fromRoot(path), "utf8");
      for (const name of names) assert.ok(text.includes(name), `${path} has no test “${name}”`);
    }
  });
}
