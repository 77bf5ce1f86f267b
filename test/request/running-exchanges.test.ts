import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Exchange } from "../../src/request/exchange.ts";
import { RunningExchanges } from "../../src/request/running-exchanges.ts";

/** An exchange by name; nothing here asks it for more. */
const named = (name: string) => ({ target: name }) as Exchange;

test("exchanges are counted and listed from entering to leaving, and places are used again", () => {
  const running = new RunningExchanges();
  const first = running.enter(named("a"), 1);
  const second = running.enter(named("b"), 2);
  assert.notEqual(first.place, second.place);
  assert.equal(running.size, 2);
  running.leave(first);
  assert.deepEqual([...running], [second]);
  const third = running.enter(named("c"), 3);
  assert.equal(third.place, first.place);
  running.leave(third);
  running.leave(second);
  assert.equal(running.size, 0);
  assert.deepEqual([...running], []);
});

const exchangeBytes = 4096;
const exchanges = 4000;
const atATime = 64;
const collectedEvery = 500;

/** Bytes that minor collections leave of exchanges that came and went. */
function survivors(enter: (exchange: Exchange) => () => void): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (options?: { type: "minor" }) => void;
  const leaving: (() => void)[] = [];
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let count = 1; count <= exchanges; count += 1) {
    leaving.push(enter({ padding: new Array(exchangeBytes / 8).fill(count) } as unknown as Exchange));
    if (leaving.length >= atATime) leaving.shift()?.();
    if (count % collectedEvery === 0) collect({ type: "minor" });
  }
  for (const leave of leaving) leave();
  // Twice: what one collection has copied, the next one finds dead.
  collect({ type: "minor" });
  collect({ type: "minor" });
  return process.memoryUsage().heapUsed - before;
}

test("what has left is gone with the next minor collections", () => {
  const running = new RunningExchanges();
  const left = survivors((exchange) => {
    const entered = running.enter(exchange, 0);
    return () => running.leave(entered);
  });
  assert.ok(left < (exchanges * exchangeBytes) / 4, `${left} bytes survive`);
});
