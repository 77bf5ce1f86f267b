// Revoking a token and suspending a partner take effect within one second, on every instance, in the middle of load.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startPostgres } from "../support/postgres.ts";
import { type RunningService, startService } from "../support/service.ts";
import { assertChanged, promisedMs, startLoad, untilServed } from "../support/token-load.ts";
import { assertWhole, issueToken, journalKeys, unlimited } from "../support/whole-service.ts";

async function suspendUnderLoad(instances: readonly RunningService[]): Promise<void> {
  const [first] = instances as [RunningService];
  const [revoked, suspended, other] = await Promise.all([
    issueToken(first, "13002526500013"),
    issueToken(first, "21750001600019"),
    issueToken(first, "13002526500013"),
  ]);
  const tokens = [revoked.token, suspended.token, other.token];
  for (const token of tokens) await untilServed(instances, token);
  const load = startLoad(instances, tokens);
  await load.heardFrom(0);
  const because = ["--reason", "Essai", "--apply"];
  const [revocation, suspension] = await Promise.all([
    first.statut("token", "revoke", revoked.tokenId, ...because),
    first.statut("partner", "suspend", "21750001600019", ...because),
  ]);
  const changedAt = performance.now();
  assert.equal(revocation.code, 0, revocation.stderr);
  assert.equal(suspension.code, 0, suspension.stderr);
  await load.heardFrom(changedAt + promisedMs);
  const reinstatingAt = performance.now();
  const reinstated = await first.statut("partner", "reinstate", "21750001600019", ...because);
  const reinstatedAt = performance.now();
  assert.equal(reinstated.code, 0, reinstated.stderr);
  await load.heardFrom(reinstatedAt + promisedMs);
  await load.stop();

  const of = (token: string) => load.answers.filter((answer) => answer.token === token);
  assertChanged(of(revoked.token), changedAt, 401, "TOKEN_REVOKED");
  const beforeReinstatement = of(suspended.token).filter(({ endedAt }) => endedAt < reinstatingAt);
  assertChanged(beforeReinstatement, changedAt, 403, "PARTNER_SUSPENDED");
  const afterwards = of(suspended.token).filter(({ startedAt }) => startedAt > reinstatedAt + promisedMs);
  assert.ok(afterwards.length > 0);
  for (const { status, text } of [...afterwards, ...of(other.token)]) assert.equal(status, 200, text);
  for (const instance of instances) await assertWhole(instance);
}

test("SQLite: effective within a second", async () => {
  await using service = await startService({ environment: unlimited, punctual: "accessAgeMs" });
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
    await using first = await startService({ environment, punctual: "accessAgeMs" });
    await using second = await startService({ environment, demonstration: false, punctual: "accessAgeMs" });
    await suspendUnderLoad([first, second]);
  } finally {
    await server.stop();
  }
});
