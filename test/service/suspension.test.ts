// Revoking a token and suspending a partner take effect within one second, on every instance, in the middle of load.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { startPostgres } from "../support/postgres.ts";
import { type RunningService, startService } from "../support/service.ts";
import {
  assertWhole,
  bearer,
  issueToken,
  journalKeys,
  lookupRoute,
  unlimited,
} from "../support/whole-service.ts";

const promisedMs = 1000;
/** Between two calls of one caller: refusals stay below the limit of their address. */
const everyMs = 120;

interface Answer {
  readonly token: string;
  readonly instance: RunningService;
  readonly startedAt: number;
  readonly status: number;
  readonly text: string;
}

/** Calls every instance with every token, over and over, until it is stopped. */
function startLoad(instances: readonly RunningService[], tokens: readonly string[]) {
  const answers: Answer[] = [];
  let running = true;
  const call = async (instance: RunningService, token: string) => {
    while (running) {
      const startedAt = performance.now();
      const response = await fetch(instance.origin + lookupRoute, { headers: bearer(token) });
      answers.push({ token, instance, startedAt, status: response.status, text: await response.text() });
      await pause(everyMs);
    }
  };
  const calls = instances.flatMap((instance) => tokens.map((token) => call(instance, token)));
  return {
    answers,
    stop: async () => {
      running = false;
      await Promise.all(calls);
    },
  };
}

/** What the answers to one token say after the operator's command ended at `changedAt`, on each instance. */
function assertChanged(answers: readonly Answer[], changedAt: number, status: number, reason: string): void {
  const served = answers.filter((answer) => answer.startedAt < changedAt && answer.status === 200);
  assert.ok(served.length > 0, "nothing was answered before the change");
  for (const instance of new Set(answers.map((answer) => answer.instance))) {
    const after = answers.filter(
      (answer) => answer.instance === instance && answer.startedAt > changedAt + promisedMs,
    );
    assert.ok(after.length > 0, "no call came after the change");
    for (const answer of after) {
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.text, new RegExp(reason));
    }
  }
}

async function suspendUnderLoad(instances: readonly RunningService[]): Promise<void> {
  const [first] = instances as [RunningService];
  const [revoked, suspended, other] = await Promise.all([
    issueToken(first, "13002526500013"),
    issueToken(first, "21750001600019"),
    issueToken(first, "13002526500013"),
  ]);
  await pause(promisedMs);
  const load = startLoad(instances, [revoked.token, suspended.token, other.token]);
  await pause(300);
  const because = ["--reason", "Essai", "--apply"];
  const [revocation, suspension] = await Promise.all([
    first.statut("token", "revoke", revoked.tokenId, ...because),
    first.statut("partner", "suspend", "21750001600019", ...because),
  ]);
  const changedAt = performance.now();
  assert.equal(revocation.code, 0, revocation.stderr);
  assert.equal(suspension.code, 0, suspension.stderr);
  await pause(promisedMs + 300);
  const reinstated = await first.statut("partner", "reinstate", "21750001600019", ...because);
  const reinstatedAt = performance.now();
  assert.equal(reinstated.code, 0, reinstated.stderr);
  await pause(promisedMs + 300);
  await load.stop();

  const of = (token: string) => load.answers.filter((answer) => answer.token === token);
  assertChanged(of(revoked.token), changedAt, 401, "TOKEN_REVOKED");
  const beforeReinstatement = of(suspended.token).filter(
    ({ startedAt }) => startedAt < changedAt + promisedMs + 300,
  );
  assertChanged(beforeReinstatement, changedAt, 403, "PARTNER_SUSPENDED");
  const afterwards = of(suspended.token).filter(({ startedAt }) => startedAt > reinstatedAt + promisedMs);
  assert.ok(afterwards.length > 0);
  for (const { status, text } of [...afterwards, ...of(other.token)]) assert.equal(status, 200, text);
  for (const instance of instances) await assertWhole(instance);
}

test("SQLite: effective within a second", async () => {
  await using service = await startService({ environment: unlimited });
  await suspendUnderLoad([service]);
});

test("PostgreSQL: effective within a second on two instances", async () => {
  const server = await startPostgres();
  try {
    const environment = {
      ...unlimited,
      DATABASE_URL: await server.createDatabase(),
      JOURNAL_KEYS: journalKeys,
    };
    await using first = await startService({ environment });
    await using second = await startService({ environment, demonstration: false });
    await suspendUnderLoad([first, second]);
  } finally {
    await server.stop();
  }
});
