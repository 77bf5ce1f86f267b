// Answers that fail while they leave, and refusals that fail: each request leaves its line, whoever reads it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { describe, test } from "node:test";
import { systemClock } from "../../src/clock.ts";
import type { JournalLine } from "../../src/journal/journal.ts";
import { listen } from "../../src/request/listener.ts";
import { createPipeline, type PipelineParts } from "../../src/request/pipeline.ts";
import type { Reply } from "../../src/request/reply.ts";
import type { Route } from "../../src/request/routes.ts";
import { createStrangerLines } from "../../src/request/stranger-lines.ts";
import { bareListener } from "../support/bare-listener.ts";
import { eventually } from "../support/eventually.ts";
import { sendRaw, untilClosed } from "../support/raw-http.ts";

const broken = new Error("the source broke");

async function* breaksOff(): AsyncIterable<Uint8Array> {
  yield Buffer.from("the first piece");
  throw broken;
}

const streamed = (headers: Reply["headers"]): Reply => ({
  ...{ status: 200, headers, body: breaksOff(), trailers: undefined, error: undefined },
});

const answers: Readonly<Record<string, () => Reply>> = {
  "/breaks-off": () => streamed({}),
  "/cannot-begin": () => streamed({ "x-bad": "a\nb" }),
  "/cannot-refuse": () => {
    throw broken;
  },
};

/** A path of requests whose routes are all public, over a listener of its own. */
async function open(lean: boolean) {
  const lines: JournalLine[] = [];
  const reports: unknown[] = [];
  const parts: Partial<PipelineParts> = {
    clock: systemClock,
    trustedProxies: [],
    maxDeadlineMs: 30_000,
    journal: { healthy: true, append: async (line) => void lines.push(line), close: async () => {} },
    routes: {
      resolve: ({ target }) =>
        ({
          ...{ protocol: "rest", pattern: target, rpc: "", isPublic: true, isStreaming: false },
          call: async () => answers[target]?.() ?? assert.fail(target),
        }) satisfies Route,
      refuse() {
        throw broken;
      },
      refuseUnread: () => assert.fail("every request can be read"),
    },
    refusedCaller: () => undefined,
    refuseForbidden: () => true,
    countRefusal: () => {},
    strangerLines: createStrangerLines({ spend: () => undefined }, () => {}),
    redact: (text) => text,
    goingAway: () => undefined,
    report: (_, cause) => reports.push(cause),
  };
  const { serve } = createPipeline(parts as PipelineParts);
  const listener = await listen(bareListener({ lean, handle: serve }));
  return { port: listener.port, lines, reports, [Symbol.asyncDispose]: () => listener.close(0) };
}

const versions: Readonly<Record<string, (port: number, path: string) => Promise<void>>> = {
  async "HTTP/1.1"(port, path) {
    await sendRaw(port, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`, untilClosed);
  },
  async "HTTP/2"(port, path) {
    const session = connect(`http://127.0.0.1:${port}`);
    const stream = session.request({ ":path": path });
    stream.on("error", () => {});
    stream.resume();
    await once(stream, "close");
    session.destroy();
  },
};

for (const lean of [true, false]) {
  for (const [version, ask] of Object.entries(versions)) {
    describe(`${version}, ${lean ? "our reader" : "Node's"}`, () => {
      for (const [path, status] of Object.entries({ "/breaks-off": 200, "/cannot-begin": 200 })) {
        test(`a public stream that ${path.slice(1)}: one line, which tells that it failed`, async () => {
          await using service = await open(lean);
          await ask(service.port, path);
          await eventually(() => service.lines.length > 0, 5000);
          assert.deepEqual(
            service.lines.map(({ httpStatus, outcome, errorId }) => [httpStatus, outcome, errorId]),
            [[status, "failed", "internal"]],
          );
          assert.equal(service.reports.length, 1);
        });
      }

      test("a refusal that fails: one line, and an answer without words", async () => {
        await using service = await open(lean);
        await ask(service.port, "/cannot-refuse");
        await eventually(() => service.lines.length > 0, 5000);
        assert.deepEqual(
          service.lines.map(({ httpStatus, outcome, errorId }) => [httpStatus, outcome, errorId]),
          [[500, "failed", "internal"]],
        );
      });
    });
  }
}
