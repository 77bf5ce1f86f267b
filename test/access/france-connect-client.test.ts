// Registrations of FranceConnect clients, on both databases: what is stored, audited, and found by the directory.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { createAccessDirectory } from "../../src/access/access-directory.ts";
import { raiseVersion } from "../../src/access/access-storage.ts";
import { refusedCaller } from "../../src/access/authenticate.ts";
import { createFranceConnectCallerFinder } from "../../src/access/france-connect-client.ts";
import { createFranceConnectClientStorage } from "../../src/access/france-connect-client-storage.ts";
import {
  type FranceConnectClientRequest,
  registerFranceConnectClient,
  revokeFranceConnectClient,
} from "../../src/access/register-france-connect-client.ts";
import { systemActor } from "../../src/audit/actor.ts";
import { createLedger } from "../../src/audit/ledger.ts";
import { findClientOwner } from "../../src/cli/find-client-owner.ts";
import { issueAtTerminal } from "../../src/cli/issue-at-terminal.ts";
import { systemClock } from "../../src/clock.ts";
import { ServiceError } from "../../src/errors.ts";
import type { Database } from "../../src/storage/database.ts";
import { type BothDatabases, bothDatabases } from "../support/both-databases.ts";
import { sampleStorage, settableClock } from "./sample-access.ts";

const siret = "13002526500013";
const approvedScopes = ["mesri_admissions", "mesri_admission_inscrit", "mesri_identite"];
const good: FranceConnectClientRequest = {
  clientId: "client",
  partnerSiret: siret,
  procedureName: "Bourses",
  scopes: ["mesri_admissions", "mesri_admission_inscrit"],
  recipients: ["21750001600019"],
  networks: ["192.0.2.0/24"],
  callsPerSecond: 7,
};

let both: BothDatabases;
before(async () => {
  both = await bothDatabases();
});
after(() => both[Symbol.asyncDispose]());

async function open(database: Database) {
  const ledger = createLedger({ database, clock: systemClock, raiseVersion });
  const actor = systemActor("essai");
  await issueAtTerminal(ledger, actor, {
    partnerSiret: siret,
    partnerName: "Ville",
    procedureName: "Bourses",
    scopes: approvedScopes,
    networks: [],
    expiresInDays: undefined,
    callsPerSecond: undefined,
    validFrom: undefined,
  });
  return {
    storage: createFranceConnectClientStorage(database),
    register: (different: Partial<FranceConnectClientRequest> = {}) =>
      ledger.change(actor, (transaction) =>
        registerFranceConnectClient(transaction, { ...good, ...different }, findClientOwner),
      ),
    revoke: (id: string) =>
      ledger.change(actor, (transaction) => revokeFranceConnectClient(transaction, id, "fin")),
  };
}

for (const index of [0, 1]) {
  suite(index === 0 ? "on SQLite" : "on PostgreSQL", () => {
    const fresh = () => {
      const kind = both.kinds[index];
      if (kind === undefined) throw new Error("no such database");
      return kind.open();
    };

    test("a registration is stored as it was asked for, and audited", async () => {
      await using opened = await fresh();
      const { storage, register } = await open(opened.database);
      const id = await register();
      const [client, ...others] = await storage.list();
      assert.deepEqual(others, []);
      assert.match(id, /^fcc_[0-9a-f]{32}$/);
      assert.deepEqual(
        { ...client, createdAt: 0, procedureId: "", partnerId: "" },
        {
          ...{ id, clientId: "client", scopes: ["mesri_admission_inscrit", "mesri_admissions"] },
          ...{ recipients: ["21750001600019"], allowedNetworks: ["192.0.2.0/24"], callsPerSecond: 7 },
          ...{ createdAt: 0, revokedAt: undefined, revokedReason: undefined },
          ...{ procedureId: "", procedureName: "Bourses", partnerId: "" },
          procedureScopes: approvedScopes.toSorted(),
          ...{ partnerSiret: siret, partnerName: "Ville", partnerState: "active" },
        },
      );
      const events = await opened.database
        .knex("audit_events")
        .select("action", "subject_id", "partner_id")
        .whereLike("action", "france_connect_client.%");
      assert.deepEqual(events, [
        { action: "france_connect_client.register", subject_id: id, partner_id: client?.partnerId },
      ]);
    });

    test("what cannot be registered is refused by the field's name, and nothing is stored", async () => {
      await using opened = await fresh();
      const { storage, register, revoke } = await open(opened.database);
      const bad: [Partial<FranceConnectClientRequest>, field: string][] = [
        [{ clientId: "" }, "client_id"],
        [{ clientId: "avec espace" }, "client_id"],
        [{ clientId: "a".repeat(201) }, "client_id"],
        [{ partnerSiret: "13002526500014" }, "partner_siret"],
        [{ partnerSiret: "21750001600019" }, "partner_siret"],
        [{ procedureName: "Autre" }, "procedure"],
        [{ scopes: ["mesri_admission_inscrit"] }, "scopes"],
        [{ scopes: ["mesri_admissions", "mesri_identite"] }, "scopes"],
        [{ scopes: ["mesri_admissions", "autre"] }, "scopes"],
        [{ scopes: ["mesri_admissions", "mesri_admission_commune_etudes"] }, "scopes"],
        [{ recipients: ["1"] }, "recipients"],
        [{ recipients: Array(51).fill(siret) }, "recipients"],
        [{ networks: ["ici"] }, "allowed_networks"],
        [{ callsPerSecond: 0 }, "calls_per_second"],
      ];
      for (const [different, field] of bad) {
        await assert.rejects(register(different), (error) => {
          assert.ok(error instanceof ServiceError && error.id === "invalid_request");
          assert.deepEqual(
            error.options.violations?.map((violation) => violation.field),
            [field],
          );
          return true;
        });
      }
      assert.deepEqual(await storage.list(), []);
      await assert.rejects(
        revoke("fcc_inconnu"),
        (error) => (error as ServiceError).id === "record_not_found",
      );
    });

    test("one registration of a client is in force at a time; a revocation is final", async () => {
      await using opened = await fresh();
      const { storage, register, revoke } = await open(opened.database);
      const first = await register();
      await assert.rejects(register(), (error) => (error as ServiceError).id === "invalid_request");
      await revoke(first);
      const revokedAt = (await storage.find(first))?.revokedAt;
      assert.ok(revokedAt !== undefined);
      await revoke(first);
      assert.equal((await storage.find(first))?.revokedAt, revokedAt);
      const second = await register();
      assert.notEqual(second, first);
      const events = await opened.database
        .knex("audit_events")
        .select("action")
        .whereLike("action", "france_connect_client.%")
        .orderBy("seq");
      assert.deepEqual(
        events.map(({ action }) => action.split(".")[1]),
        ["register", "revoke", "register"],
      );
    });

    test("the directory follows registrations, revocations and the partner's state", async () => {
      await using opened = await fresh();
      const { database } = opened;
      const { register, revoke } = await open(database);
      // For whom no look is too old.
      const directory = await createAccessDirectory({ database, clock: settableClock() });
      const find = createFranceConnectCallerFinder(directory);
      const call = { clientId: "client", recipient: siret, clientAddress: "192.0.2.9" };
      const reasonOf = (different: Partial<typeof call> = {}) => {
        try {
          return find({ ...call, ...different }).tokenId;
        } catch (error) {
          const { id } = error as ServiceError;
          const isNamed = refusedCaller(error)?.tokenId.startsWith("fcc_") === true;
          return isNamed ? `${id}, named` : id;
        }
      };
      try {
        assert.equal(reasonOf(), "france_connect_client_unknown");
        const id = await register();
        await directory.refresh();
        assert.equal(reasonOf(), id);
        assert.equal(reasonOf({ recipient: "21750001600019" }), id);
        assert.equal(reasonOf({ recipient: "99999999900017" }), "france_connect_recipient_refused, named");
        assert.equal(reasonOf({ clientAddress: "198.51.100.1" }), "address_refused, named");
        for (const [state, expected] of [
          ["suspended", "partner_suspended, named"],
          ["active", id],
          ["terminated", "france_connect_client_revoked, named"],
          ["active", id],
        ] as const) {
          await sampleStorage(database).setPartnerState(siret, state, "essai");
          await directory.refresh();
          assert.equal(reasonOf(), expected);
        }
        const scopesOf = () => [...find(call).scopes].sort();
        assert.deepEqual(scopesOf(), ["mesri_admission_inscrit", "mesri_admissions"]);
        await changeProcedure(database, {
          approved: JSON.stringify({ scopes: [{ scope: "mesri_admissions" }] }),
        });
        await directory.refresh();
        assert.deepEqual(scopesOf(), ["mesri_admissions"], "never more than its procedure");
        await changeProcedure(database, { state: "closed" });
        await directory.refresh();
        assert.equal(reasonOf(), "france_connect_client_revoked, named");
        await changeProcedure(database, { state: "approved", approved });
        await directory.refresh();
        assert.equal(reasonOf(), id);
        await revoke(id);
        await directory.refresh();
        assert.equal(reasonOf(), "france_connect_client_revoked, named");
        const again = await register();
        await directory.refresh();
        assert.equal(reasonOf(), again);
      } finally {
        directory.close();
      }
      assert.throws(
        () => find(call),
        (error) => (error as ServiceError).id === "storage_unavailable",
      );
    });
  });
}

const approved = JSON.stringify({ scopes: good.scopes.map((scope) => ({ scope })) });

/** Changes the one procedure as its owner would: with a new access version. */
async function changeProcedure(database: Database, change: Record<string, string>): Promise<void> {
  const ledger = createLedger({ database, clock: systemClock, raiseVersion });
  await ledger.change(systemActor("essai"), async ({ knex, version }) => {
    await knex("procedures").update({ ...change, version });
  });
}
