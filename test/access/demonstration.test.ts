import assert from "node:assert/strict";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createAccessDirectory } from "../../src/access/access-directory.ts";
import { raiseVersion } from "../../src/access/access-storage.ts";
import { createAuthenticator } from "../../src/access/authenticate.ts";
import { ensureDemonstrationAccess, refuseOtherPartners } from "../../src/access/demonstration.ts";
import { allScopes } from "../../src/access/scopes.ts";
import { isSiret } from "../../src/access/siret.ts";
import { hashTokenSecret } from "../../src/access/token-secret.ts";
import { systemActor } from "../../src/audit/actor.ts";
import { createLedger } from "../../src/audit/ledger.ts";
import { issueAtTerminal } from "../../src/cli/issue-at-terminal.ts";
import type { Clock } from "../../src/clock.ts";
import { ConfigError } from "../../src/config.ts";
import type { Database } from "../../src/storage/database.ts";
import {
  dayMs,
  sampleStorage,
  sampleToken,
  settableClock,
  start,
  temporaryDatabase,
  temporaryFolder,
} from "./sample-access.ts";

function ensure(database: Database, clock: Clock, dataDir: string): Promise<string> {
  const ledger = createLedger({ database, clock, raiseVersion });
  return ensureDemonstrationAccess(database, clock, dataDir, (request) =>
    issueAtTerminal(ledger, systemActor("demonstration"), request),
  );
}

test("the demonstration has one partner and one token with all scopes, the same at each start", async (context) => {
  const database = await temporaryDatabase(context);
  const dataDir = join(await temporaryFolder(context), "data");
  const clock = settableClock();
  const secret = await ensure(database, clock, dataDir);
  assert.equal(await ensure(database, clock, dataDir), secret);
  assert.equal((await stat(join(dataDir, "demonstration-token"))).mode & 0o777, 0o600);

  const directory = await createAccessDirectory({ database, clock });
  context.after(() => directory.close());
  assert.equal(directory.size, 1);
  const authenticate = createAuthenticator(directory, clock);
  const caller = authenticate({
    authorization: `Bearer ${secret}`,
    apiKey: undefined,
    clientAddress: "::1",
  });
  assert.deepEqual(caller.scopes, allScopes);
  assert.ok(isSiret(caller.partnerSiret));
  assert.equal(caller.callsPerSecond, 1_000_000);
});

test("a token that is lost, revoked or at its end is replaced, for the service's account alone", async (context) => {
  const database = await temporaryDatabase(context);
  const dataDir = await temporaryFolder(context);
  const file = join(dataDir, "demonstration-token");
  const clock = settableClock();
  const storage = sampleStorage(database);
  const renew = () => ensure(database, clock, dataDir);
  const secrets = [await renew()];
  const losses = [
    () => writeFile(file, "stetu_other\n"),
    async () => {
      const secretHash = hashTokenSecret(secrets.at(-1) ?? "");
      const token = (await storage.readChanges(0)).find((one) => one.secretHash.equals(secretHash));
      await storage.revokeToken(token?.tokenId ?? "", start, "Divulgué");
      await chmod(file, 0o644);
    },
    async () => {
      clock.date += 548 * dayMs;
    },
  ];
  for (const lose of losses) {
    clock.date += 1;
    await lose();
    secrets.push(await renew());
    assert.equal((await readFile(file, "utf8")).trim(), secrets.at(-1));
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  }
  assert.equal(new Set(secrets).size, 4);
  assert.equal(new Set((await storage.readChanges(0)).map(({ procedureId }) => procedureId)).size, 1);
});

test("a database of a real service is refused", async (context) => {
  const database = await temporaryDatabase(context);
  await ensure(database, settableClock(), await temporaryFolder(context));
  await refuseOtherPartners(database);
  await sampleStorage(database).insertToken(sampleToken());
  await assert.rejects(refuseOtherPartners(database), (error) => error instanceof ConfigError);
});
