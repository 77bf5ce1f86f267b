import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConnectError } from "@connectrpc/connect";
import type { Asked } from "../../src/request/exchange.ts";
import { createPipeline, type PipelineParts } from "../../src/request/pipeline.ts";
import { renderError } from "../../src/request/render-error.ts";

test("what is no request shares the strangers' places in the journal's queue: beyond them it is cut, without a line", async () => {
  let lines = 0;
  let written = Promise.withResolvers<void>();
  const journal = {
    append() {
      lines += 1;
      return written.promise;
    },
  };
  const clock = { now: () => 0, monotonic: () => 0 };
  const routes = { refuseUnread: (_: Asked, error: ConnectError) => renderError("rest", error, undefined) };
  const { refuseUnreadable } = createPipeline({ clock, journal, routes } as unknown as PipelineParts);
  const asked = { method: "GET", target: "/v1/token", headers: {} };
  const refuse = () => refuseUnreadable("HPE_HEADER_OVERFLOW", "192.0.2.1", asked)?.status;
  for (let count = 0; count < 500; count += 1) assert.equal(refuse(), 431);
  assert.equal(refuse(), undefined);
  assert.equal(lines, 500);
  const first = written;
  written = Promise.withResolvers<void>();
  first.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(refuse(), 431);
  assert.equal(lines, 501);
});
