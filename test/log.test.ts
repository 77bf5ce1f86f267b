import assert from "node:assert/strict";
import { test } from "node:test";
import { type Logger, tellOfLineless } from "../src/log.ts";

test("requests without a line are told of at once, then once a minute with their number, and no more when there are none", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const told: unknown[] = [];
  const log = { warn: (counts: unknown) => void told.push(counts) } as unknown as Logger;
  const { tell, close } = tellOfLineless(log);
  for (let count = 0; count < 1000; count += 1) tell("cut");
  assert.deepEqual(told.splice(0), [{ cut: 1, refused: 0, answered: 0 }]);
  context.mock.timers.tick(59_999);
  assert.deepEqual(told, []);
  tell("answered");
  tell("refused");
  context.mock.timers.tick(1);
  assert.deepEqual(told.splice(0), [{ cut: 999, refused: 1, answered: 1 }]);
  context.mock.timers.tick(600_000);
  assert.deepEqual(told, []);
  tell("cut");
  tell("cut");
  assert.deepEqual(told.splice(0), [{ cut: 1, refused: 0, answered: 0 }]);
  close();
  assert.deepEqual(told.splice(0), [{ cut: 1, refused: 0, answered: 0 }]);
});
