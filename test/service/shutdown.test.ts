// The process from its start to its end: what stops it, what it says, and that nothing is lost.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { clientsOf, withToken } from "../support/clients.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningService, runStatut, startService } from "../support/service.ts";
import {
  assertWhole,
  bearer,
  ine,
  lookupRoute,
  readJournal,
  recipient,
  unlimited,
} from "../support/whole-service.ts";

let dataDir: string;
before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "statut-shutdown-"));
});
after(() => rm(dataDir, { recursive: true, force: true }));

const callers = 8;

/** Calls until the service refuses connections; gives the request ids of the answers. */
function startCalls(service: RunningService) {
  const answers: string[] = [];
  const broken: unknown[] = [];
  const { lookup } = clientsOf(createGrpcTransport({ baseUrl: service.origin }));
  const rest = async () => {
    const response = await fetch(service.origin + lookupRoute, { headers: bearer(service.token) });
    await response.json();
    assert.equal(response.status, 200);
    answers.push(response.headers.get("x-request-id") ?? "");
  };
  const grpc = async () => {
    let id = "";
    const onHeader = (headers: Headers) => {
      id = headers.get("x-request-id") ?? "";
    };
    await lookup.lookupByIne({ ine, recipient }, { ...withToken(service.token), onHeader });
    answers.push(id);
  };
  const repeat = async (call: () => Promise<void>) => {
    for (;;) {
      try {
        await call();
      } catch (error) {
        if (!isRefusedConnection(error)) broken.push(error);
        return;
      }
    }
  };
  const calls = [rest, grpc].flatMap((call) => Array.from({ length: callers }, () => repeat(call)));
  return { answers, broken, ended: Promise.all(calls) };
}

/** Nothing of the call reached the service, or the service said so: it is free to be made elsewhere. */
function isRefusedConnection(error: unknown): boolean {
  if (error instanceof ConnectError) {
    // A stream that is refused after GOAWAY was not begun (RFC 9113, 8.7).
    return error.code === Code.Unavailable || error.rawMessage.includes("NGHTTP2_REFUSED_STREAM");
  }
  const { cause } = error as { cause?: { code?: string } };
  return ["ECONNREFUSED", "ECONNRESET", "UND_ERR_SOCKET"].includes(cause?.code ?? "");
}

test("SIGTERM under load: running calls are answered, each answer has its line, exit 0 within 10 s", async () => {
  const service = await startService({ environment: unlimited, dataDir });
  const { answers, broken, ended } = startCalls(service);
  await eventually(() => answers.length > 2 * callers);
  const signalledAt = performance.now();
  const code = await service.stop();
  const elapsedMs = performance.now() - signalledAt;
  await ended;
  assert.equal(code, 0, service.log());
  assert.ok(elapsedMs < 10_000, `${elapsedMs} ms`);
  assert.deepEqual(broken, []);
  assert.ok(answers.length > 2 * callers, `${answers.length} answers`);
  const lines = await readJournal({ file: join(dataDir, "journal.db") });
  const traced = new Set(lines.map(({ requestId }) => requestId));
  assert.deepEqual(
    answers.filter((id) => !traced.has(id)),
    [],
  );
  // And the other way round: what the journal calls answered has arrived.
  const received = new Set(answers);
  const lost = lines.filter((line) => line.outcome === "answered" && !received.has(line.requestId));
  assert.deepEqual(lost, [], "answers that nobody received");
});

/** Milliseconds that a service takes to stop, once `use` has left it. */
async function stopAfter(use: (service: RunningService) => Promise<unknown>): Promise<number> {
  const service = await startService({ environment: unlimited, dataDir });
  await use(service);
  const signalledAt = performance.now();
  assert.equal(await service.stop(), 0);
  return performance.now() - signalledAt;
}

test("idle connections do not hold it up", async () => {
  const differences: number[] = [];
  // What is under way has four seconds: more than what two stops differ by, in one of some pairs on any machine.
  while (differences.length < 4 && !differences.some((ms) => ms < 2500)) {
    const alone = await stopAfter(async () => {});
    const beside = await stopAfter(async (service) => {
      await fetch(`${service.origin}/healthz`);
      const { token } = clientsOf(createGrpcTransport({ baseUrl: service.origin }));
      await token.introspect({}, withToken(service.token));
    });
    differences.push(beside - alone);
  }
  assert.ok(Math.min(...differences) < 2500, `${differences} ms`);
});

// Each process start has a chain of its own, so that writers of one folder do not meet: an operator may start the
// next version beside the last one. They do not count calls together without Redis.
test("a second instance works on the same folder", async () => {
  const first = await startService({ environment: unlimited, dataDir });
  const second = await startService({ environment: unlimited, dataDir });
  try {
    const calls = Array.from({ length: 40 }, (_, index) =>
      fetch((index % 2 === 0 ? first : second).origin + lookupRoute, { headers: bearer(first.token) }),
    );
    for (const { status } of await Promise.all(calls)) assert.equal(status, 200);
    await assertWhole(first);
    assert.equal(await first.stop(), 0);
    const after = await fetch(second.origin + lookupRoute, { headers: bearer(second.token) });
    assert.equal(after.status, 200);
    await assertWhole(second);
  } finally {
    await first.stop();
    await second.stop();
  }
});

test("a bad configuration ends with 2 and names the variable", async () => {
  const bad: Record<string, string> = {
    PORT: "http",
    DATABASE_URL: "mysql://x:secret@localhost/y",
    JOURNAL_KEYS_FILE: "/nowhere/keys",
  };
  await Promise.all(
    Object.entries(bad).map(async ([variable, value]) => {
      const { code, stdout, stderr } = await runStatut(["serve"], {
        ...process.env,
        DATA_DIR: dataDir,
        PORT: "0",
        [variable]: value,
      });
      assert.equal(code, 2, stderr);
      assert.match(stderr, new RegExp(`^error: ${variable}\\b[^\\n]*\\n$`));
      assert.doesNotMatch(stdout + stderr, /secret/);
    }),
  );
});

test("bad journal keys and certificates end with a message, not with a stack", async () => {
  for (const environment of [{ JOURNAL_KEYS: "one c2hvcnQ=" }, { TLS_CERT: "no", TLS_KEY: "no" }]) {
    const { code, stderr } = await runStatut(["serve"], {
      ...process.env,
      DATA_DIR: dataDir,
      PORT: "0",
      ...environment,
    });
    assert.ok(code === 1 || code === 2, `${code}`);
    assert.match(stderr, /^error: [^\n]+\n$/);
  }
});

test("a port in use ends with 1 and says so", async () => {
  const occupant = createServer().listen(0, "127.0.0.1");
  await once(occupant, "listening");
  const { port } = occupant.address() as { port: number };
  const { code, stderr } = await runStatut(["serve"], {
    ...process.env,
    DATA_DIR: dataDir,
    PORT: String(port),
  });
  occupant.close();
  assert.equal(code, 1, stderr);
  assert.match(stderr, new RegExp(`EADDRINUSE[^\\n]*${port}`));
});
