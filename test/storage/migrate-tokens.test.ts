// Migration 0008 on a database with rows, on both databases: what worked before it works after, and after its way back.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import * as main0001 from "../../db/migrations/main/0001_referential.ts";
import * as main0002 from "../../db/migrations/main/0002_access.ts";
import * as main0003 from "../../db/migrations/main/0003_people.ts";
import * as main0008 from "../../db/migrations/main/0008_tokens.ts";
import { createAccessStorage } from "../../src/access/access-storage.ts";
import { hashTokenSecret } from "../../src/access/token-secret.ts";
import { findProcedureFacts } from "../../src/procedure/procedure-facts.ts";
import { type Database, type DatabaseLocation, openDatabase } from "../../src/storage/database.ts";
import { findToken } from "../../src/token/token-storage.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";

const secrets = ["first", "second", "third"] as const;

suite("migration 0008 with rows", () => {
  let folder: string;
  let server: PostgresServer;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "statut-migration-"));
    server = await startPostgres();
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test("on SQLite", () => check({ file: join(folder, "statut.db") }));
  test("on PostgreSQL", async () => check({ url: await server.createEmptyDatabase() }));
});

async function check(location: DatabaseLocation): Promise<void> {
  const database = openDatabase(location);
  try {
    for (const migration of [main0001, main0002, main0003]) await inTransaction(database, migration.up);
    await fill(database);
    await inTransaction(database, main0008.up);
    await assertMoved(database);
    await inTransaction(database, main0008.down);
    assert.equal((await database.knex("tokens").select("secret_hash")).length, 3);
    await assert.rejects(async () => database.knex("token_secrets").select("token_id"));
    await inTransaction(database, main0008.up);
    await assertMoved(database);
    if (database.dialect === "sqlite") {
      assert.deepEqual(await database.knex.raw("pragma foreign_key_check"), []);
    }
  } finally {
    await database.close();
  }
}

/** As Knex runs a migration. */
async function inTransaction(
  { knex }: Database,
  step: (knex: Database["knex"]) => Promise<void>,
): Promise<void> {
  await knex.transaction(step);
}

async function fill({ knex }: Database): Promise<void> {
  const common = { created_at: 5, version: 3 };
  for (const [id, state] of [
    ["prt_1", "active"],
    ["prt_2", "suspended"],
  ]) {
    await knex("partners").insert({ id, siret: id, name: `Nom ${id}`, state, ...common });
  }
  for (const [id, partner_id] of [
    ["prc_1", "prt_1"],
    ["prc_2", "prt_2"],
    ["prc_3", "prt_2"],
  ]) {
    await knex("procedures").insert({ id, partner_id, name: `Nom ${id}`, ...common });
  }
  const rows = [
    {
      procedure_id: "prc_1",
      scopes: ["b", "c"],
      calls_per_second: 7,
      revoked_at: 900,
      revoked_reason: "Motif",
    },
    { procedure_id: "prc_1", scopes: ["a", "b"], calls_per_second: null },
    { procedure_id: "prc_2", scopes: ["a"], calls_per_second: null },
  ];
  for (const [index, { scopes, ...row }] of rows.entries()) {
    const validity = { valid_from: 10, expires_at: 1000 + index };
    const lists = { scopes: JSON.stringify(scopes), allowed_networks: '["192.0.2.0/24"]' };
    const secret_hash = hashTokenSecret(secrets[index] ?? "");
    await knex("tokens").insert({
      id: `tok_${index}`,
      secret_hash,
      ...row,
      ...lists,
      ...validity,
      ...common,
    });
  }
}

async function assertMoved(database: Database): Promise<void> {
  const records = await createAccessStorage(database).readChanges(0);
  const found = secrets.map((secret) =>
    records.find(({ secretHash }) => secretHash.equals(hashTokenSecret(secret))),
  );
  assert.equal(records.length, 3);
  assert.deepEqual(
    found.map((record) => [
      record?.tokenId,
      record?.procedureId,
      record?.partnerState,
      record?.secretExpiresAt,
    ]),
    [
      ["tok_0", "prc_1", "active", undefined],
      ["tok_1", "prc_1", "active", undefined],
      ["tok_2", "prc_2", "suspended", undefined],
    ],
  );
  assert.deepEqual(found[0], {
    ...{
      secretHash: hashTokenSecret("first"),
      secretExpiresAt: undefined,
      tokenId: "tok_0",
      scopes: ["b", "c"],
    },
    ...{
      allowedNetworks: ["192.0.2.0/24"],
      callsPerSecond: 7,
      validFrom: 10,
      expiresAt: 1000,
      revokedAt: 900,
    },
    ...{ procedureId: "prc_1", procedureName: "Nom prc_1", partnerId: "prt_1", partnerSiret: "prt_1" },
    ...{ partnerName: "Nom prt_1", partnerState: "active" },
  });
  const token = await findToken(database.knex, "tok_0");
  assert.deepEqual(
    [token?.revokedReason, token?.createdAt, token?.issuedAtTerminal, token?.procedures, token?.secrets],
    ["Motif", 5, true, [{ id: "prc_1", name: "Nom prc_1" }], [{ createdAt: 5, expiresAt: undefined }]],
  );
  const facts = await Promise.all(
    ["prc_1", "prc_2", "prc_3"].map((id) => findProcedureFacts(database.knex, id)),
  );
  assert.deepEqual(
    facts.map((procedure) => procedure?.approvedScopes),
    [["a", "b", "c"], ["a"], []],
    "approved, with the scopes of their tokens",
  );
}
