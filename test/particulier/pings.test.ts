import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createPings } from "../../src/particulier/pings.ts";
import { watchReadiness } from "../../src/particulier/readiness.ts";
import { openCall } from "../../src/request/call.ts";
import type { Exchange } from "../../src/request/exchange.ts";

const start = Date.parse("2026-11-02T08:00:00Z");

/** A watch whose time and service are set by the test. */
function setUp(context: TestContext) {
  context.mock.timers.enable({ apis: ["setInterval"] });
  const state = { serving: true, elapsed: 0 };
  const clock = { now: () => start + state.elapsed, monotonic: () => state.elapsed };
  const watch = watchReadiness(() => state.serving, clock);
  const route = createPings(watch).get("/api/mesri_statut_etudiant_ine/ping");
  return {
    state,
    watch,
    pass(milliseconds: number) {
      state.elapsed += milliseconds;
      context.mock.timers.tick(milliseconds);
    },
    async ask() {
      const reply = await route?.call({} as Exchange, openCall("", 0, ""));
      return [reply?.status, JSON.parse(Buffer.from(reply?.body as Uint8Array).toString())];
    },
  };
}

test("the ping follows the service, and remembers when it was last well", async (context) => {
  const { state, pass, ask } = setUp(context);
  const first = "2026-11-02T08:00:00.000Z";
  assert.deepEqual(await ask(), [200, { status: "ok", last_update: first, last_ok_status: first }]);
  state.serving = false;
  pass(1000);
  assert.deepEqual(await ask(), [
    502,
    { status: "bad_gateway", last_update: "2026-11-02T08:00:01.000Z", last_ok_status: first },
  ]);
  state.serving = true;
  pass(1000);
  const back = "2026-11-02T08:00:02.000Z";
  assert.deepEqual(await ask(), [200, { status: "ok", last_update: back, last_ok_status: back }]);
});

test("a look that is too old says nothing of now", async (context) => {
  const { state, watch, ask } = setUp(context);
  watch.close();
  state.elapsed = 10_001;
  const [status, body] = await ask();
  assert.deepEqual([status, body.status], [200, "unknown"]);
});

test("a service that never was well has no such instant", async (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  const watch = watchReadiness(() => false, { now: () => start, monotonic: () => 0 });
  assert.deepEqual(watch.read(), { status: "bad_gateway", lastUpdate: start, lastOk: undefined });
});
