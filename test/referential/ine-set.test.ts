import assert from "node:assert/strict";
import { test } from "node:test";
import { IneSet } from "../../src/referential/ine-set.ts";
import { SeededRandom } from "../../src/referential/seeded-random.ts";

test("it holds exactly what a Set of strings holds", () => {
  const random = new SeededRandom(11);
  const characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const numbers = ["00000000000", "ZZZZZZZZZZZ", "00000000001", "10000000000"];
  for (let round = 0; round < 100_000; round++) {
    const first = random.chance(0.2) ? "0000" : "9123";
    numbers.push(first + Array.from({ length: 7 }, () => characters[random.below(6) * 7] ?? "0").join(""));
  }
  const expected = new Set<string>();
  const set = new IneSet();
  for (const ine of numbers) {
    assert.equal(set.add(ine), !expected.has(ine), ine);
    expected.add(ine);
  }
  assert.equal(set.size, expected.size);
  assert.ok(
    expected.size > 50_000 && expected.size < numbers.length,
    "both new and known numbers were tried",
  );
});
