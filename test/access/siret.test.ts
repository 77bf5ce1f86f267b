import assert from "node:assert/strict";
import { test } from "node:test";
import { isSiret } from "../../src/access/siret.ts";

test("SIRETs are told by their check digit, those of La Poste by a sum of their own", () => {
  const valid = ["13002526500013", "35600000000048", "35600000049837"];
  for (const siret of valid) assert.ok(isSiret(siret), siret);
  const invalid = [
    "13002526500031",
    "35600000049838",
    "1300252650001",
    "130025265000130",
    "1300252650001٣",
    "",
    "13002526500013\n",
  ];
  for (const siret of invalid) assert.ok(!isSiret(siret), siret);
  let counted = 0;
  for (let number = 0; number < 1000; number += 1)
    if (isSiret(`999999999${String(number).padStart(5, "0")}`)) counted += 1;
  assert.equal(counted, 100, "one number in ten has the right check digit");
});
