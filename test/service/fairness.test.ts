// Real load on the default limits (terms, article 3): 50 calls in any second, shared fairly.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { RetryInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { clientsOf, withToken } from "../support/clients.ts";
import { answered, mostWithin, send, sendEvenly } from "../support/even-load.ts";
import { measuredTest } from "../support/measured-test.ts";
import { type RunningService, startService } from "../support/service.ts";
import { untilServed } from "../support/token-load.ts";
import {
  assertWhole,
  bearer,
  issueToken,
  type Line,
  lookupRoute,
  readJournal,
} from "../support/whole-service.ts";

const siret = "13002526500013";
const calm = { perSecond: 5, forMs: 3000, isCalm: true } as const;
const flood = { perSecond: 80, forMs: 2000 };
/** How much later than its turn an answer may be noted on a busy machine, in milliseconds. */
const jitterMs = 60;
/** Answers of one turn of the event loop that a machine which stalls in it may note in the next second. */
const lateNotes = 5;

let service: RunningService;
/** The first is calm, the next three flood, the last has a rate of its own. */
const tokens: string[] = [];
const tokenIds: string[] = [];

before(async () => {
  service = await startService({ environment: { ADMISSION_WINDOW: "all" } });
  const issued = await Promise.all(Array.from({ length: 4 }, () => issueToken(service, siret)));
  issued.push(await issueToken(service, siret, "--rate", "4"));
  tokens.push(...issued.map(({ token }) => token));
  tokenIds.push(...issued.map(({ tokenId }) => tokenId));
  for (const token of tokens) await untilServed([service], token);
  await pause(1000);
});
after(() => service[Symbol.asyncDispose]());

const headersOf = (index: number) => bearer(tokens[index] ?? assert.fail("no such token"));

/** Answered calls of the journal since an instant. */
async function answeredSince(instant: number) {
  const lines = await readJournal({ file: join(service.dataDir, "journal.db") });
  return lines.filter(({ outcome, receivedAt }) => outcome === "answered" && receivedAt >= instant);
}

for (const floods of [1, 3]) {
  const title = `${floods} flooding: another token's 5 calls a second are all answered, and no second holds more than 50`;
  measuredTest(title, async (context) => {
    // What was called before fills no second of these.
    await pause(1100);
    const beganAt = Date.now();
    const url = service.origin + lookupRoute;
    const [mine, ...others] = await Promise.all([
      sendEvenly([url], headersOf(0), calm),
      ...Array.from({ length: floods }, async (_, index) => {
        // The calm token is at work already: its share is known.
        await pause(1000);
        return sendEvenly([url], headersOf(index + 1), flood);
      }),
    ]);
    assert.deepEqual(
      mine.filter(({ status }) => status !== 200),
      [],
    );
    assert.ok(mine.length > 0);
    const flooding = others.flat();
    const refused = flooding.filter(({ status }) => status === 429);
    assert.equal(refused.length + answered(flooding).length, flooding.length);
    assert.ok(refused.length > 0);
    for (const { headers } of refused) assert.match(headers.get("retry-after") ?? "", /^[1-9][0-9]*$/);
    judgeLines(context, await answeredSince(beganAt), answered(flooding).length + mine.length);
  });
}

/** By the journal, no second holds more than 50 answers, and the calm token never waited long. */
function judgeLines(context: TestContext, lines: readonly Line[], answers: number): void {
  const medianWaitMs = (some: readonly string[]) => {
    const waits = lines.filter(({ tokenId }) => tokenId !== null && some.includes(tokenId));
    return (waits.map(({ durationUs }) => durationUs).sort((a, b) => a - b)[waits.length >> 1] ?? 0) / 1000;
  };
  const [calmMs, floodMs] = [medianWaitMs(tokenIds.slice(0, 1)), medianWaitMs(tokenIds.slice(1, 4))];
  context.diagnostic(
    `median inside the service: calm ${calmMs.toFixed(1)} ms, flood ${floodMs.toFixed(1)} ms`,
  );
  // Both have on top what the machine does besides; a flood waits for most of its turns.
  assert.ok(calmMs < floodMs / 2, `${calmMs} ms beside ${floodMs} ms`);
  const released = lines.map(({ receivedAt, durationUs }) => receivedAt + durationUs / 1000);
  assert.equal(released.length, answers);
  const most = mostWithin(released, 1000 - jitterMs);
  assert.ok(most <= 50 + lateNotes, `${most} in a second`);
}

describe("a refused call", () => {
  const ask = () => send(service.origin + lookupRoute, headersOf(4));
  const burst = () => Promise.all(Array.from({ length: 12 }, ask));
  /** What a rate of four a second lets pass in this time: four at once, one that waited for its turn, and what follows. */
  const most = (ms: number) => 5 + (4 * ms) / 1000;

  measuredTest("REST: waiting exactly Retry-After lets one pass", async () => {
    await pause(1100);
    const startedAt = performance.now();
    const answers = await burst();
    const refused = answers.filter(({ status }) => status === 429);
    const passed = answered(answers).length;
    assert.ok(passed >= 4 && passed <= most(performance.now() - startedAt), `${passed} passed`);
    const { headers } = refused.at(-1) ?? assert.fail("nothing was refused");
    assert.equal(headers.get("ratelimit-limit"), "4");
    assert.equal(headers.get("ratelimit-remaining"), "0");
    assert.match(headers.get("ratelimit-reset") ?? "", /^[12]$/);
    await pause(Number(headers.get("retry-after")) * 1000);
    assert.equal((await ask()).status, 200);
  });

  measuredTest("gRPC: waiting exactly the RetryInfo lets one pass", async () => {
    await pause(1000);
    const { token } = clientsOf(createGrpcTransport({ baseUrl: service.origin }));
    const introspect = () => token.introspect({}, withToken(tokens[4] ?? ""));
    // More than its rate, whatever time the machine takes to send it. The latest refusal knows of what came before it.
    let latest: unknown;
    const note = (reason: unknown) => {
      latest = reason;
    };
    await Promise.all(Array.from({ length: 20 }, () => introspect().catch(note)));
    const error = ConnectError.from(latest);
    assert.equal(error.code, Code.ResourceExhausted);
    const { retryDelay } = error.findDetails(RetryInfoSchema)[0] ?? assert.fail("no RetryInfo");
    const delayMs = Number(retryDelay?.seconds) * 1000 + (retryDelay?.nanos ?? 0) / 1e6;
    assert.ok(delayMs > 0 && delayMs <= 1000, `${delayMs} ms`);
    await pause(delayMs);
    await introspect();
  });
});

test("the service lives, its journal is whole", () => assertWhole(service));
