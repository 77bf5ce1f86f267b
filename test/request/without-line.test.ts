// What becomes of a stranger's request for which there is no line, whatever it asks: over a listener of its own.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { after, before, suite, test } from "node:test";
import type { Caller } from "../../src/access/caller.ts";
import { systemClock } from "../../src/clock.ts";
import { serviceError } from "../../src/errors.ts";
import type { JournalLine } from "../../src/journal/journal.ts";
import { type Listener, listen } from "../../src/request/listener.ts";
import { createPipeline, type PipelineParts } from "../../src/request/pipeline.ts";
import { renderError } from "../../src/request/render-error.ts";
import type { Reply } from "../../src/request/reply.ts";
import type { Route } from "../../src/request/routes.ts";
import { createStrangerLines, type StrangerLines } from "../../src/request/stranger-lines.ts";
import { bareListener } from "../support/bare-listener.ts";
import { eventually } from "../support/eventually.ts";

const ok: Reply = {
  status: 200,
  headers: {},
  body: Buffer.from("ok"),
  trailers: undefined,
  error: undefined,
};
let ran = 0;
const route = (path: string, facts: Partial<Route>): [string, Route] => [
  path,
  {
    ...{ protocol: "rest", pattern: path, rpc: "", isPublic: false, isStreaming: false },
    call() {
      ran += 1;
      return { ...ok, headers: {} };
    },
    ...facts,
  },
];
const routes = new Map([
  route("/probe", { isPublic: true }),
  route("/data", {}),
  route("/anyone", { people: { anyone: true, admits: () => false } }),
  route("/fails", {
    isPublic: true,
    call() {
      throw serviceError("storage_unavailable");
    },
  }),
]);

let hasLines = true;
let lines: JournalLine[];
let written: PromiseWithResolvers<void>;
let strangerLines: StrangerLines;
let listener: Listener;

before(async () => {
  const parts: Partial<PipelineParts> = {
    clock: systemClock,
    trustedProxies: [],
    maxDeadlineMs: 30_000,
    guard: {
      admit: () => ({ limit: 1, remaining: 1, resetMs: 1000 }),
      allowance: () => assert.fail("nobody is refused by the guard"),
    } as unknown as PipelineParts["guard"],
    journal: {
      healthy: true,
      append: (line) => {
        lines.push(line);
        return written.promise;
      },
      close: async () => {},
    },
    routes: {
      resolve: ({ target }) => {
        const found = routes.get(target);
        if (found === undefined) throw serviceError("route_unknown");
        return found;
      },
      refuse: (_exchange, _route, error) => renderError("rest", error, undefined),
      refuseUnread: () => assert.fail("every request can be read"),
    },
    authenticate({ "x-api-key": key }) {
      if (key !== "good") throw serviceError("token_unknown");
      return { tokenId: "tok_1", callsPerSecond: 1 } as Caller;
    },
    refusedCaller: () => undefined,
    refuseForbidden: () => true,
    countRefusal: () => {},
    redact: (text) => text,
    goingAway: () => undefined,
    report: (_, cause) => assert.fail(String(cause)),
    strangerLines: {
      take: (address) => strangerLines.take(address),
      leave: () => strangerLines.leave(),
      count: (why, end) => strangerLines.count(why, end),
      counts: () => strangerLines.counts(),
    },
  };
  const { serve } = createPipeline(parts as PipelineParts);
  listener = await listen(bareListener({ lean: true, handle: serve }));
});
after(() => listener.close(0));

/** Everything anew: no line is taken, and each is written at once. */
function begin(): void {
  lines = [];
  ran = 0;
  hasLines = true;
  written = Promise.withResolvers();
  written.resolve();
  strangerLines = createStrangerLines(
    { spend: () => (hasLines ? undefined : { whose: "address", retryAfterMs: 1000 }) },
    () => {},
  );
}

/** Asks; gives the status, or `cut`. */
async function ask(path: string, key?: string): Promise<number | "cut"> {
  const session = connect(`http://127.0.0.1:${listener.port}`);
  const stream = session.request({ ":path": path, ...(key !== undefined && { "x-api-key": key }) });
  let status: number | "cut" = "cut";
  stream.on("response", (head) => {
    status = Number(head[":status"]);
  });
  stream.on("error", () => {});
  stream.resume();
  await once(stream, "close").catch(() => {});
  session.destroy();
  return status;
}

interface Expected {
  readonly path: string;
  readonly key?: string;
  readonly withLine: number;
  /** Without a line; absent: it has one all the same. */
  readonly without?: number | "cut";
}

const cases: Readonly<Record<string, Expected>> = {
  "a wrong token": { path: "/data", key: "wrong", withLine: 401, without: "cut" },
  "no token": { path: "/data", withLine: 401, without: "cut" },
  "an unknown path": { path: "/nowhere", withLine: 404, without: "cut" },
  "a good token": { path: "/data", key: "good", withLine: 200 },
  "a good token on an unknown path": { path: "/nowhere", key: "good", withLine: 404 },
  "what is public": { path: "/probe", withLine: 200, without: 200 },
  "a failure of ours": { path: "/fails", withLine: 503, without: 503 },
  "a method that anybody may call": { path: "/anyone", withLine: 200, without: "cut" },
};

for (const [name, { path, key, withLine, without }] of Object.entries(cases)) {
  suite(name, () => {
    test(`is answered with ${withLine}, and one line, while there are lines`, async () => {
      begin();
      assert.equal(await ask(path, key), withLine);
      assert.equal(lines.length, 1);
      assert.equal(
        strangerLines.counts().some(({ requests }) => requests > 0),
        false,
      );
    });

    test(`then it is ${without ?? "answered all the same, with its line"}`, async () => {
      begin();
      hasLines = false;
      assert.equal(await ask(path, key), without ?? withLine);
      assert.equal(lines.length, without === undefined ? 1 : 0);
      assert.equal(ran, without === "cut" || withLine !== 200 ? 0 : 1, "nothing is done and then cut");
      const end = without === "cut" ? "cut" : "answered";
      const counted = strangerLines.counts().filter(({ requests }) => requests > 0);
      assert.deepEqual(counted, without === undefined ? [] : [{ why: "address", end, requests: 1 }]);
    });
  });
}

test("500 strangers wait for the journal: another one is cut, probes and good tokens are not", async () => {
  begin();
  written = Promise.withResolvers();
  const session = Array.from({ length: 5 }, () => connect(`http://127.0.0.1:${listener.port}`));
  const streams = session.flatMap((one) =>
    Array.from({ length: 100 }, () => one.request({ ":path": "/data" })),
  );
  for (const stream of streams) stream.on("error", () => {}).resume();
  await eventually(() => lines.length === 500);
  assert.equal(await ask("/data"), "cut");
  assert.equal(await ask("/probe"), 200);
  assert.equal(lines.length, 500);
  const good = ask("/data", "good");
  await eventually(() => lines.length === 501);
  written.resolve();
  assert.equal(await good, 200);
  assert.deepEqual(
    strangerLines.counts().filter(({ requests }) => requests > 0),
    [
      { why: "queue", end: "cut", requests: 1 },
      { why: "queue", end: "answered", requests: 1 },
    ],
  );
  await Promise.all(streams.map((stream) => stream.closed || once(stream, "close")));
  assert.equal(await ask("/data"), 401, "their places come back");
  for (const one of session) one.destroy();
});
