import assert from "node:assert/strict";
import { test } from "node:test";
import { TokenBucket } from "../../src/http2/token-bucket.ts";

test("the burst at once and no more, however long nothing came before; then so many each second", () => {
  let now = 0;
  const bucket = new TokenBucket(10, 2, () => now);
  const takeAll = () => {
    let taken = 0;
    while (bucket.take()) taken += 1;
    return taken;
  };
  now = 1_000_000;
  assert.equal(takeAll(), 10);
  now += 499;
  assert.equal(takeAll(), 0);
  now += 1;
  assert.equal(takeAll(), 1);
  now += 60_000;
  assert.equal(takeAll(), 10);
  bucket.giveBack();
  assert.equal(takeAll(), 1);
});
