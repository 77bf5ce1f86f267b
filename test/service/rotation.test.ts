// A rotation under load: both secrets work, then the first one is refused from its instant on, on every instance. A leaked
// token is refused within a second.
import assert from "node:assert/strict";
import { test } from "node:test";
import { raiseVersion } from "../../src/access/access-storage.ts";
import { systemActor } from "../../src/audit/actor.ts";
import { createLedger } from "../../src/audit/ledger.ts";
import { systemClock } from "../../src/clock.ts";
import { type DatabaseLocation, locateDatabase, openDatabase } from "../../src/storage/database.ts";
import { startPostgres } from "../support/postgres.ts";
import { type RunningService, startService } from "../support/service.ts";
import { type Answer, assertChanged, promisedMs, startLoad, untilServed } from "../support/token-load.ts";
import { assertWhole, issueToken, journalKeys, unlimited } from "../support/whole-service.ts";

/** Two clocks of one machine, rounded to the millisecond. */
const roundingMs = 5;

async function rotateUnderLoad(
  instances: readonly RunningService[],
  location: DatabaseLocation,
): Promise<void> {
  const [first] = instances as [RunningService];
  const { token: old, tokenId } = await issueToken(first, "13002526500013");
  await untilServed(instances, old);
  const before = startLoad(instances, [old]);
  const { token: fresh } = await change(first, "rotate", tokenId, "--overlap-days", "1");
  await untilServed(instances, fresh);
  const rotated = startLoad(instances, [fresh]);
  // A day is too long to wait for: the overlap is cut to some seconds where it is stored.
  const end = Date.now() + promisedMs + 5000;
  await cutOverlap(location, tokenId, end);
  await before.heardFrom(end - performance.timeOrigin + roundingMs);
  await before.stop();
  assertExact(before.answers, end - performance.timeOrigin);
  for (const { status, text } of rotated.answers) assert.equal(status, 200, text);

  await change(first, "leaked", tokenId, "--reason", "Publié sur un dépôt de code");
  const leakedAt = performance.now();
  await rotated.heardFrom(leakedAt + promisedMs);
  await rotated.stop();
  assertChanged(rotated.answers, leakedAt, 401, "TOKEN_REVOKED");
  for (const instance of instances) await assertWhole(instance);
}

async function change(service: RunningService, ...words: string[]): Promise<{ readonly token: string }> {
  const { code, stdout, stderr } = await service.statut("token", ...words, "--apply", "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

async function cutOverlap(location: DatabaseLocation, tokenId: string, expires_at: number): Promise<void> {
  const database = openDatabase(location);
  const ledger = createLedger({ database, clock: systemClock, raiseVersion });
  await ledger.change(systemActor("test"), async ({ knex, version }) => {
    await knex("token_secrets").where("token_id", tokenId).whereNotNull("expires_at").update({ expires_at });
    await knex("tokens").where("id", tokenId).update({ version });
  });
  await database.close();
}

/** Served until the end and refused from it on; calls that were under way at that instant may have either answer. */
function assertExact(answers: readonly Answer[], end: number): void {
  const before = answers.filter(({ endedAt }) => endedAt < end - roundingMs);
  for (const { status, text } of before) assert.equal(status, 200, text);
  for (const instance of new Set(answers.map((answer) => answer.instance))) {
    const after = answers.filter(
      (answer) => answer.instance === instance && answer.startedAt > end + roundingMs,
    );
    assert.ok(after.length > 0, "no call came after the end");
    for (const { status, text } of after) {
      assert.equal(status, 401, text);
      assert.match(text, /SECRET_REPLACED/);
    }
  }
}

test("SQLite: a rotation and a leak", async () => {
  await using service = await startService({ environment: unlimited, punctual: "accessAgeMs" });
  const place = { dataDir: service.dataDir, databaseUrl: undefined };
  await rotateUnderLoad([service], locateDatabase(place, "main"));
});

test("PostgreSQL: a rotation and a leak on two instances", async () => {
  const server = await startPostgres();
  try {
    const url = await server.createDatabase();
    const environment = { ...unlimited, DATABASE_URL: url, JOURNAL_KEYS: journalKeys };
    await using first = await startService({ environment, punctual: "accessAgeMs" });
    await using second = await startService({ environment, demonstration: false, punctual: "accessAgeMs" });
    await rotateUnderLoad([first, second], { url });
  } finally {
    await server.stop();
  }
});
