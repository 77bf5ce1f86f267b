import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConnectError } from "@connectrpc/connect";
import type { LineBudget } from "../../src/access/line-budget.ts";
import { networks } from "../../src/config-values.ts";
import type { Asked } from "../../src/request/exchange.ts";
import { createPipeline, type PipelineParts } from "../../src/request/pipeline.ts";
import { renderError } from "../../src/request/render-error.ts";
import { createStrangerLines } from "../../src/request/stranger-lines.ts";

const asked = { method: "GET", target: "/v1/token", headers: {} };
const proxy = "198.51.100.1";

/** A path whose journal takes lines and writes them when it is told to. */
function open(budget: LineBudget) {
  const journal = {
    lines: 0,
    written: Promise.withResolvers<void>(),
    append() {
      this.lines += 1;
      return this.written.promise;
    },
  };
  const clock = { now: () => 0, monotonic: () => 0 };
  const routes = { refuseUnread: (_: Asked, error: ConnectError) => renderError("rest", error, undefined) };
  const strangerLines = createStrangerLines(budget, () => {});
  const trustedProxies = networks(`${proxy}/32`);
  const parts = { clock, journal, routes, strangerLines, trustedProxies };
  const { refuseUnreadable } = createPipeline(parts as unknown as PipelineParts);
  const refuse = (address: string) => refuseUnreadable("HPE_HEADER_OVERFLOW", address, asked)?.status;
  const counted = () => strangerLines.counts().filter(({ requests }) => requests > 0);
  return { journal, refuse, counted };
}

test("what is no request shares the strangers' places in the journal's queue: beyond them it is cut, without a line", async () => {
  const { journal, refuse, counted } = open({ spend: () => undefined });
  for (let count = 0; count < 500; count += 1) assert.equal(refuse("192.0.2.1"), 431);
  assert.equal(refuse("192.0.2.1"), undefined);
  assert.equal(journal.lines, 500);
  assert.deepEqual(counted(), [{ why: "queue", end: "cut", requests: 1 }]);
  const first = journal.written;
  journal.written = Promise.withResolvers();
  first.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(refuse("192.0.2.1"), 431);
  assert.equal(journal.lines, 501);
});

test("it spends the line budget of its address; a proxy's connection is never cut, but refused without a line", () => {
  const { journal, refuse, counted } = open({
    spend: (address) => (address === "192.0.2.1" ? undefined : { whose: "address", retryAfterMs: 1000 }),
  });
  assert.equal(refuse("192.0.2.1"), 431);
  assert.equal(refuse("192.0.2.2"), undefined);
  assert.equal(refuse(proxy), 429);
  assert.equal(journal.lines, 1);
  assert.deepEqual(counted(), [
    { why: "address", end: "cut", requests: 1 },
    { why: "address", end: "refused", requests: 1 },
  ]);
});
