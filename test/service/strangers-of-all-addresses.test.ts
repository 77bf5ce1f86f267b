// Many addresses that flood together: what all strangers may write is bounded as well.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { type RunningService, startService } from "../support/service.ts";
import {
  assertWhole,
  bearer,
  journalKeys,
  lookupRoute,
  readJournal,
  unlimited,
} from "../support/whole-service.ts";

const [burst, burstOfAll] = [200, 1000];
let service: RunningService;

before(async () => {
  service = await startService({
    environment: {
      ...unlimited,
      JOURNAL_KEYS: journalKeys,
      STRANGER_LINES_OF_ADDRESS: String(burst),
      STRANGER_LINES: String(burstOfAll),
      STRANGER_LINES_PER_SECOND: "1",
    },
  });
});
after(() => service?.[Symbol.asyncDispose]());

/** Asks from an address, on one connection; gives the statuses, 0 for what was cut. */
async function ask(address: string, path: string, headers: Record<string, string>, count: number) {
  const session = connect(service.origin, { localAddress: address } as object);
  const one = async () => {
    const stream = session.request({ ":path": path, ...headers });
    let status = 0;
    stream.on("response", (head) => {
      status = Number(head[":status"]);
    });
    stream.on("error", () => {});
    stream.resume();
    await once(stream, "close").catch(() => {});
    return status;
  };
  const statuses: number[] = [];
  while (statuses.length < count) {
    statuses.push(...(await Promise.all(Array.from({ length: Math.min(50, count) }, one))));
  }
  session.destroy();
  return statuses;
}

test("all strangers together have a budget: an address that comes last may find nothing left", async () => {
  const startedAt = performance.now();
  const statuses: number[] = [];
  for (let host = 2; host < 10; host += 1)
    statuses.push(...(await ask(`127.0.0.${host}`, "/v1/token", {}, 400)));
  const late = await ask("127.0.0.20", "/v1/token", {}, 100);
  const seconds = (performance.now() - startedAt) / 1000;
  const answered = [...statuses, ...late].filter((status) => status !== 0);
  const lines = await readJournal({ file: join(service.dataDir, "journal.db") });
  assert.equal(lines.length, answered.length);
  assert.ok(
    lines.length >= burstOfAll && lines.length <= burstOfAll + seconds + 1,
    `${lines.length} in ${seconds} s`,
  );
  assert.ok(late.includes(0));
});

test("whoever has a good token is served from any of them, and a probe is answered", async () => {
  for (const address of ["127.0.0.2", "127.0.0.20", "127.0.0.30"]) {
    assert.deepEqual(await ask(address, lookupRoute, bearer(service.token), 1), [200]);
    assert.deepEqual(await ask(address, "/healthz", {}, 1), [200]);
  }
});

test("after a while there is a line for the one who came last", async () => {
  await eventually(async () => (await ask("127.0.0.20", "/v1/token", {}, 1))[0] === 401);
});

test("the service lives, and its journal is whole", async () => {
  await assertWhole(service);
});
