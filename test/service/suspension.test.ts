// Revoking a token and suspending a partner take effect within one second, on every instance, in the middle of load.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { startPostgres } from "../support/postgres.ts";
import { type RunningService, startService } from "../support/service.ts";
import { assertChanged, promisedMs, startLoad } from "../support/token-load.ts";
import { assertWhole, issueToken, journalKeys, unlimited } from "../support/whole-service.ts";

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
