import assert from "node:assert/strict";
import { test } from "node:test";
import { RestingChains } from "../../src/journal/resting-chains.ts";

/** Chains whose marks stand at these places, and have lines up to 100. */
function waiting(filed: Record<string, number>) {
  return Object.entries(filed).map(([chain, mark]) => ({ chain, filed: mark, last: 100 }));
}

function resting() {
  let now = 0;
  const chains = new RestingChains(() => now);
  return {
    chains,
    names: (filed: Record<string, number>) => chains.among(waiting(filed)).map(({ chain }) => chain),
    pass(ms: number) {
      now += ms;
    },
  };
}

test("until all was read once, every chain is left to us", () => {
  const { chains, names } = resting();
  assert.deepEqual(names({ a: 0, b: 5 }), ["a", "b"]);
  chains.filed([{ chain: "a", seq: 50 }], false);
  assert.deepEqual(names({ a: 50, b: 5 }), ["a", "b"]);
  chains.filed([], true);
  assert.deepEqual(names({ a: 50, b: 5 }), []);
});

test("then a chain is once its mark has not moved for thirty seconds", () => {
  const { chains, names, pass } = resting();
  chains.filed([], true);
  assert.deepEqual(names({ a: 0, b: 0 }), []);
  pass(20_000);
  assert.deepEqual(names({ a: 10, b: 0 }), []);
  pass(10_000);
  assert.deepEqual(names({ a: 10, b: 0 }), ["b"]);
  // What we file moves the mark too: the chain stays ours, until somebody else moves it.
  chains.filed([{ chain: "b", seq: 40 }], true);
  assert.deepEqual(names({ a: 10, b: 40 }), ["b"]);
  assert.deepEqual(names({ a: 10, b: 60 }), []);
  pass(20_000);
  assert.deepEqual(names({ a: 10, b: 60 }), ["a"]);
});

test("a chain of which nothing waits is forgotten", () => {
  const { chains, names, pass } = resting();
  chains.filed([], true);
  names({ a: 0 });
  pass(20_000);
  names({});
  pass(20_000);
  assert.deepEqual(names({ a: 0 }), []);
});
