// A flood that comes through a proxy: the proxy's connections are everybody's, and are never cut.
import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeCertificate } from "../support/certificate.ts";
import { type Nginx, startNginx } from "../support/nginx.ts";
import { type RunningService, startService } from "../support/service.ts";
import {
  assertWhole,
  bearer,
  journalKeys,
  lookupRoute,
  readJournal,
  unlimited,
} from "../support/whole-service.ts";

const certificate = makeCertificate();
const [burst, flood] = [100, 1000];
let service: RunningService;
let nginx: Nginx;

before(async () => {
  service = await startService({
    environment: {
      ...unlimited,
      JOURNAL_KEYS: journalKeys,
      TRUSTED_PROXIES: "127.0.0.1/32",
      STRANGER_LINES_OF_ADDRESS: String(burst),
    },
  });
  nginx = await startNginx(service.port, certificate);
});
after(async () => {
  await nginx?.[Symbol.asyncDispose]();
  await service?.[Symbol.asyncDispose]();
});

/** Asks as somebody else each time: gives the statuses of many requests, on a few connections to nginx. */
async function ask(localAddress: string, path: string, headers: Record<string, string>, count = 1) {
  const agent = new Agent({ keepAlive: true, maxSockets: 20, localAddress, ca: certificate.cert });
  const one = async () => {
    const asked = request(`https://127.0.0.1:${nginx.port}${path}`, { agent, headers }).end();
    const [response] = await once(asked, "response");
    response.resume();
    await once(response, "end");
    return response.statusCode;
  };
  const statuses = await Promise.all(Array.from({ length: count }, one));
  agent.destroy();
  return statuses;
}

const linesOf = async (address: string) =>
  (await readJournal({ file: join(service.dataDir, "journal.db") })).filter(
    ({ clientAddress }) => clientAddress === address,
  );

test("the address that the proxy reports has a budget; beyond it each request is refused, without a line", async () => {
  const startedAt = performance.now();
  const statuses = await ask("127.0.0.9", "/v1/token", {}, flood);
  const seconds = (performance.now() - startedAt) / 1000;
  assert.deepEqual(
    new Set(statuses),
    new Set([401, 429]),
    "nginx never had to answer for a connection that was cut",
  );
  const lines = (await linesOf("127.0.0.9")).length;
  assert.ok(lines >= burst && lines <= burst + seconds + 1, `${lines} lines in ${seconds} s`);
});

test("others behind the same proxy are served, and have their lines", async () => {
  assert.deepEqual(await ask("127.0.0.9", lookupRoute, bearer(service.token)), [200]);
  assert.deepEqual(await ask("127.0.0.10", lookupRoute, bearer(service.token)), [200]);
  assert.deepEqual(await ask("127.0.0.10", "/v1/token", {}), [401]);
  assert.equal((await linesOf("127.0.0.10")).length, 2);
});

test("what the proxy itself asks to know whether we live is answered", async () => {
  assert.equal((await fetch(`${service.origin}/healthz`)).status, 200);
  assert.equal(await nginx.errors(), "");
});

test("the service lives, and its journal is whole", async () => {
  await assertWhole(service);
});
