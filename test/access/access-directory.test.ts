// One behaviour suite for the storage and the directory, on SQLite and on a real PostgreSQL.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type AccessDirectory, createAccessDirectory } from "../../src/access/access-directory.ts";
import { createAuthenticator } from "../../src/access/authenticate.ts";
import { hashTokenSecret } from "../../src/access/token-secret.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { ServiceError } from "../../src/errors.ts";
import { type Database, type DatabaseLocation, openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { insertSecret } from "../../src/token/token-change-storage.ts";
import { eventually } from "../support/eventually.ts";
import type { OwnPostgres } from "../support/own-postgres.ts";
import { type PostgresServer, startPostgresAlone } from "../support/postgres.ts";
import { dayMs, sampleStorage, sampleToken, settableClock, start, temporaryFolder } from "./sample-access.ts";

type Context = Parameters<typeof temporaryFolder>[0];

/** What the terms and the README promise for a change on every instance. */
const promisedMs = 1000;

const unavailable = (error: unknown) => error instanceof ServiceError && error.id === "storage_unavailable";

function suite(locate: (context: Context) => Promise<DatabaseLocation>): void {
  async function open(context: Context) {
    const location = await locate(context);
    const openAnother = () => {
      const database = openDatabase(location);
      context.after(() => database.close());
      return database;
    };
    const database = openAnother();
    await migrate(database.knex, "main");
    return { database, storage: sampleStorage(database), openAnother, location };
  }

  /** For whom no look is too old, unless the test asks how old it may be. */
  async function follow(
    context: Context,
    database: Database,
    clock: Clock = settableClock(),
  ): Promise<AccessDirectory> {
    const directory = await createAccessDirectory({ database, clock });
    context.after(() => directory.close());
    return directory;
  }

  test("each secret of a token is read with its token, procedure and partner", async (context) => {
    const { database, storage } = await open(context);
    const token = sampleToken({ allowedNetworks: ["10.0.0.0/8"], callsPerSecond: 7 });
    const version = await storage.readVersion();
    await storage.insertToken(token);
    const second = hashTokenSecret("second");
    await insertSecret(database.knex, token.tokenId, second, start);
    const expected = {
      ...{ secretExpiresAt: undefined, tokenId: token.tokenId, scopes: token.scopes },
      ...{ allowedNetworks: ["10.0.0.0/8"], callsPerSecond: 7, revokedAt: undefined },
      ...{ validFrom: start, expiresAt: start + 100 * dayMs },
      ...{
        procedureId: token.procedure.id,
        procedureName: token.procedure.name,
        partnerId: token.partner.id,
      },
      ...{ partnerSiret: token.partner.siret, partnerName: token.partner.name, partnerState: "active" },
    };
    const byHash = new Map((await storage.readChanges(0)).map((record) => [hex(record.secretHash), record]));
    assert.deepEqual([...byHash.keys()].sort(), [token.secretHash, second].map(hex).sort());
    for (const secretHash of [token.secretHash, second]) {
      assert.deepEqual(byHash.get(hex(secretHash)), { ...expected, secretHash });
    }
    // What changed in several ways comes several times.
    const changed = (await storage.readChanges(version)).map(({ secretHash }) => hex(secretHash));
    assert.deepEqual(new Set(changed), new Set(byHash.keys()));
    assert.deepEqual(await storage.readChanges(await storage.readVersion()), []);
  });

  test("every write raises the version, and only what it changed is read again", async (context) => {
    const { storage } = await open(context);
    const one = sampleToken();
    const two = sampleToken();
    const reread = async (write: () => Promise<unknown>) => {
      const version = await storage.readVersion();
      await write();
      assert.ok((await storage.readVersion()) > version);
      return [...new Set((await storage.readChanges(version)).map(({ tokenId }) => tokenId))];
    };
    assert.deepEqual(await reread(() => storage.insertToken(one)), [one.tokenId]);
    assert.deepEqual(await reread(() => storage.insertToken(two)), [two.tokenId]);
    assert.deepEqual(await reread(() => storage.revokeToken(one.tokenId, start, "Divulgué")), [one.tokenId]);
    assert.deepEqual(await reread(() => storage.setPartnerState(two.partner.siret, "suspended", "Motif")), [
      two.tokenId,
    ]);
    assert.equal((await storage.readChanges(0)).length, 2);
  });

  test("writers at the same time lose nothing and take turns", async (context) => {
    const { storage, openAnother } = await open(context);
    const others = [storage, sampleStorage(openAnother()), sampleStorage(openAnother())];
    const version = await storage.readVersion();
    const shared = sampleToken();
    await Promise.all(
      Array.from({ length: 15 }, (_, index) =>
        others[index % others.length]?.insertToken(
          sampleToken({ partner: shared.partner, procedure: shared.procedure }),
        ),
      ),
    );
    assert.equal((await storage.readChanges(0)).length, 15);
    assert.equal(await storage.readVersion(), version + 15);
  });

  test("issue, suspension, reinstatement and revocation reach every instance within a second", async (context) => {
    const { storage, openAnother } = await open(context);
    const clock = { ...systemClock, now: () => start };
    const instances = await Promise.all([
      follow(context, openAnother(), systemClock),
      follow(context, openAnother(), systemClock),
    ]);
    const calls = instances.map((directory) => createAuthenticator(directory, clock));
    const token = sampleToken();
    const answers = () =>
      calls.map((authenticate) => {
        try {
          authenticate({
            authorization: `Bearer ${token.secret}`,
            apiKey: undefined,
            clientAddress: "192.0.2.1",
          });
          return "accepted";
        } catch (error) {
          assert.ok(error instanceof ServiceError);
          return error.id;
        }
      });
    const steps: [string, () => Promise<unknown>][] = [
      ["accepted", () => storage.insertToken(token)],
      ["partner_suspended", () => storage.setPartnerState(token.partner.siret, "suspended", "Article 5")],
      ["accepted", () => storage.setPartnerState(token.partner.siret, "active", "Remédié")],
      ["token_revoked", () => storage.revokeToken(token.tokenId, start, "Divulgué")],
    ];
    for (const [expected, write] of steps) {
      await write();
      const writtenAt = performance.now();
      const elapsedMs = await eventually(() => {
        const isPast = performance.now() - writtenAt > promisedMs;
        const given = answers();
        // After its second a change applies, or a directory that could not look refuses everybody.
        if (isPast) for (const id of given) assert.ok([expected, "storage_unavailable"].includes(id), id);
        return given.every((id) => id === expected);
      });
      context.diagnostic(`${expected} after ${elapsedMs.toFixed(0)} ms`);
    }
  });

  test("a refresh follows a change at once", async (context) => {
    const { storage, openAnother } = await open(context);
    const directory = await follow(context, openAnother());
    const token = sampleToken();
    await storage.insertToken(token);
    await directory.refresh();
    assert.equal(directory.find(token.secretHash)?.caller.tokenId, token.tokenId);
  });

  test("a directory that cannot read the version closes within a second and comes back by itself", async (context) => {
    const { database, storage, openAnother } = await open(context);
    const token = sampleToken();
    await storage.insertToken(token);
    const reports: unknown[] = [];
    const directory = await createAccessDirectory({
      database: openAnother(),
      clock: systemClock,
      report: (cause) => reports.push(cause),
    });
    context.after(() => directory.close());
    await eventually(() => directory.healthy);
    assert.ok(directory.find(token.secretHash));
    await database.knex.schema.renameTable("access_version", "access_version_away");
    await assertCloses(directory);
    assert.throws(() => directory.find(token.secretHash), unavailable);
    assert.throws(() => directory.find(hashTokenSecret("unknown")), unavailable, "strangers see the same");
    await eventually(() => reports.length > 0);
    await database.knex.schema.renameTable("access_version_away", "access_version");
    await eventually(() => directory.healthy);
    assert.ok(directory.find(token.secretHash));
  });

  test("a restored backup is read anew", async (context) => {
    const { database, storage, openAnother } = await open(context);
    const kept = sampleToken();
    const lost = sampleToken();
    await storage.insertToken(kept);
    const version = await storage.readVersion();
    await storage.insertToken(lost);
    const directory = await follow(context, openAnother());
    assert.equal(directory.size, 2);
    for (const table of ["token_secrets", "token_procedures"]) {
      await database.knex(table).where("token_id", lost.tokenId).delete();
    }
    await database.knex("tokens").where("id", lost.tokenId).delete();
    await database.knex("access_version").where("id", 1).update({ version });
    await directory.refresh();
    assert.equal(directory.size, 1);
    assert.equal(directory.find(lost.secretHash), undefined);
    assert.ok(directory.find(kept.secretHash));
  });

  test("a closed directory answers no more", async (context) => {
    const { storage, openAnother } = await open(context);
    const token = sampleToken();
    await storage.insertToken(token);
    const directory = await follow(context, openAnother());
    directory.close();
    assert.throws(() => directory.find(token.secretHash), unavailable);
  });

  test("10,000 tokens are followed, and each is found", async (context) => {
    const { database, storage, openAnother } = await open(context);
    const token = sampleToken();
    await storage.insertToken(token);
    const version = await storage.readVersion();
    const rows = Array.from({ length: 10_000 }, (_, index) => ({
      id: `tok_many_${index}`,
      secretHash: hashTokenSecret(`secret ${index}`),
    }));
    const tokenRows = rows.map(({ id }) => ({
      ...{
        id,
        procedure_id: token.procedure.id,
        scopes: JSON.stringify(token.scopes),
        allowed_networks: "[]",
      },
      ...{ created_at: start, valid_from: start, expires_at: start + dayMs, origin: "terminal", revision: 1 },
      version,
    }));
    await database.knex.batchInsert("tokens", tokenRows, 500);
    const secretRows = rows.map(({ id, secretHash }) => ({
      ...{ token_id: id, secret_hash: secretHash, created_at: start },
    }));
    await database.knex.batchInsert("token_secrets", secretRows, 500);
    const directory = await follow(context, openAnother());
    assert.equal(directory.size, 10_001);
    for (const row of rows) assert.equal(directory.find(row.secretHash)?.caller.tokenId, row.id);
    // A change of the partner concerns them all, and replaces them.
    await storage.setPartnerState(token.partner.siret, "suspended", "Article 5");
    await directory.refresh();
    assert.equal(directory.size, 10_001);
    for (const row of rows) assert.equal(directory.find(row.secretHash)?.partnerState, "suspended");
  });
}

describe("on SQLite", () => {
  suite(async (context) => ({ file: join(await temporaryFolder(context), "statut.db") }));

  test("no byte of the files tells a secret", async (context) => {
    const file = join(await temporaryFolder(context), "statut.db");
    const database = openDatabase({ file });
    context.after(() => database.close());
    await migrate(database.knex, "main");
    const tokens = Array.from({ length: 20 }, () => sampleToken());
    for (const token of tokens) await sampleStorage(database).insertToken(token);
    const bytes = Buffer.concat(await Promise.all([readFile(file), readFile(`${file}-wal`)]));
    for (const { secret, secretHash } of tokens) {
      assert.ok(bytes.includes(secretHash), "the scan sees what is stored");
      for (const trace of [secret, secret.slice(6, 49), secret.slice(6, 22)]) {
        assert.ok(!bytes.includes(trace));
        assert.ok(!bytes.includes(Buffer.from(trace).toString("base64").slice(0, -4)));
        assert.ok(!bytes.includes(Buffer.from(trace).toString("hex")));
      }
    }
  });
});

describe("on PostgreSQL", () => {
  let server: PostgresServer & OwnPostgres;
  before(async () => {
    server = await startPostgresAlone();
  });
  after(() => server.stop());
  suite(async () => ({ url: await server.createDatabase() }));

  test("a frozen server closes the directory within a second, and it comes back", async (context) => {
    const database = openDatabase({ url: await server.createDatabase() });
    context.after(() => database.close());
    await migrate(database.knex, "main");
    const directory = await createAccessDirectory({ database, clock: systemClock });
    context.after(() => directory.close());
    const frozen = await processesOf(server);
    signalAll(frozen, "SIGSTOP");
    try {
      context.diagnostic(`closed after ${(await assertCloses(directory)).toFixed(0)} ms`);
    } finally {
      signalAll(frozen, "SIGCONT");
    }
    await eventually(() => directory.healthy);
  });
});

/** Asserts that it answers nobody when nothing has confirmed it for a second; gives when it closed, in milliseconds. */
async function assertCloses(directory: AccessDirectory): Promise<number> {
  const unconfirmedAt = performance.now();
  const elapsedMs = await eventually(() => {
    const isPast = performance.now() - unconfirmedAt > promisedMs;
    const { healthy } = directory;
    assert.ok(!(isPast && healthy), "it still answers");
    return !healthy;
  });
  return elapsedMs;
}

function hex(hash: Buffer): string {
  return hash.toString("hex");
}

/** The postmaster and its children, the sessions among them. */
async function processesOf(server: OwnPostgres): Promise<number[]> {
  const pid = server.pid() ?? assert.fail("no postmaster");
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return [pid, ...children.trim().split(" ").map(Number)];
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) process.kill(pid, signal);
}
