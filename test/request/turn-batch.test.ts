import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createTurnBatch } from "../../src/request/turn-batch.ts";

test("what arrives in one turn is served at its end, in order; what arrives meanwhile in the next one", async () => {
  const served: string[] = [];
  const serve = createTurnBatch<string>((item) => {
    served.push(item);
    if (item === "b") serve("d");
  });
  for (const item of ["a", "b", "c"]) serve(item);
  assert.deepEqual(served, []);
  await turn();
  assert.deepEqual(served, ["a", "b", "c"]);
  await turn();
  assert.deepEqual(served, ["a", "b", "c", "d"]);
});
