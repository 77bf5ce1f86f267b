// Whatever the transcoder says of a field reaches callers in French: each of its sentences is looked for in its sources.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { inFrench } from "../../src/request/french-problem.ts";
import { readSourceFiles } from "../support/source-files.ts";

const code = readSourceFiles("src")
  .filter(({ path }) => path.startsWith("src/transcoder/"))
  .map((file) => file.code)
  .join("\n");

/** Of fields: they start with a verb. Those of whole requests are rows of the table. */
const aboutFields = [
  ...code.matchAll(
    /"((?:must (?:not )?be|is given|is not (?:a field|percent)|is nested|has an|leads|cannot be given) ?[^"]*)"/g,
  ),
].map(([, sentence = ""]) => sentence);
/** What a field must be, where `must be …` is put in front. */
const typeNames = [...code.matchAll(/: "((?:an? |true or|seconds|field paths|base64)[^"]*)"/g)].map(
  ([, name = ""]) => `must be ${name}`,
);

suite("in French", () => {
  test("the sentences are found", () => {
    assert.ok(
      aboutFields.length >= 15 && typeNames.length >= 15,
      `${aboutFields.length}, ${typeNames.length}`,
    );
  });

  for (const sentence of new Set([...aboutFields, ...typeNames])) {
    test(sentence, () => assert.match(inFrench(sentence) ?? "", /^[A-Z].* .*\.$/));
  }

  test("sentences that name something", () => {
    assert.equal(inFrench("excludes birthplace_cog"), "Ne peut pas être donné avec birthplace_cog.");
    assert.equal(
      inFrench("must be a 32-bit integer, in decimal"),
      "Doit être un entier de 32 bits, en décimal.",
    );
    assert.equal(
      inFrench("must be a value of Sex, by name or number"),
      "Doit être une valeur de Sex, par son nom ou son numéro.",
    );
    assert.equal(inFrench("is made of cheese"), undefined);
    assert.equal(inFrench("__proto__"), undefined);
  });
});
