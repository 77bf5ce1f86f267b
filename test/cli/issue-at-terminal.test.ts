// Breaking the glass, on both databases: partner, procedure and token in one go, audited, within what a partner said.
import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { createAccessStorage, raiseVersion } from "../../src/access/access-storage.ts";
import { hashTokenSecret } from "../../src/access/token-secret.ts";
import { terminalActor } from "../../src/audit/actor.ts";
import { readEventsAfter } from "../../src/audit/audit-storage.ts";
import { createLedger } from "../../src/audit/ledger.ts";
import { issueAtTerminal } from "../../src/cli/issue-at-terminal.ts";
import { ServiceError } from "../../src/errors.ts";
import { ProcedureContentSchema } from "../../src/gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { findProcedureFacts } from "../../src/procedure/procedure-facts.ts";
import { insertProcedure } from "../../src/procedure/procedure-storage.ts";
import type { Database } from "../../src/storage/database.ts";
import type { TerminalTokenRequest } from "../../src/token/terminal-token.ts";
import { findToken } from "../../src/token/token-storage.ts";
import { dayMs, sampleStorage, settableClock, start } from "../access/sample-access.ts";
import { bothDatabases } from "../support/both-databases.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

const request: TerminalTokenRequest = {
  partnerSiret: "13002526500013",
  partnerName: "Mairie d'Exemple",
  procedureName: "Tarification des transports",
  scopes: ["mesri_identite", "mesri_admissions", "mesri_identite"],
  networks: ["192.0.2.7/24", "2001:db8::1"],
  expiresInDays: undefined,
  callsPerSecond: undefined,
  validFrom: undefined,
};

function terminal(database: Database) {
  const ledger = createLedger({ database, clock: settableClock(), raiseVersion });
  return {
    ledger,
    issue: (different: Partial<TerminalTokenRequest> = {}) =>
      issueAtTerminal(ledger, terminalActor(), { ...request, ...different }),
  };
}

const is = (id: string) => (error: unknown) => error instanceof ServiceError && error.id === id;

for (const { name, open } of databases.kinds) {
  suite(`tokens issued at the terminal on ${name}`, () => {
    test("as a hash, for 18 months, with sorted scopes and canonical networks, marked and audited", async () => {
      await using fresh = await open();
      const { knex } = fresh.database;
      const { issue } = terminal(fresh.database);
      const issued = await issue();
      const stored = await findToken(knex, issued.tokenId);
      const [entry] = await createAccessStorage(fresh.database).readChanges(0);
      assert.deepEqual(entry?.secretHash, hashTokenSecret(issued.secret));
      assert.deepEqual(stored?.scopes, ["mesri_admissions", "mesri_identite"]);
      assert.deepEqual(stored?.allowedNetworks, ["192.0.2.0/24", "2001:db8::1/128"]);
      assert.deepEqual([stored?.expiresAt, stored?.issuedAtTerminal], [start + 548 * dayMs, true]);
      const later = await issue({ validFrom: start + dayMs, expiresInDays: 3 });
      assert.equal(later.expiresAt, start + 4 * dayMs);
      const events = await readEventsAfter(knex, 0, 10);
      assert.deepEqual(
        events.map(({ action, actor }) => `${actor.kind} ${action}`),
        ["partner.create", "procedure.create", "token.issue", "token.issue"].map((of) => `terminal ${of}`),
      );
      assert.ok(!JSON.stringify(events).includes(issued.secret));
    });

    test("a partner and a procedure are made once, and one made there gets the scopes that it lacks", async () => {
      await using fresh = await open();
      const { issue } = terminal(fresh.database);
      await issue({ scopes: ["mesri_identite"] });
      await issue({ partnerName: "Autre nom", scopes: ["mesri_admissions"] });
      await issue({ procedureName: "Bourse" });
      const entries = await createAccessStorage(fresh.database).readChanges(0);
      assert.equal(new Set(entries.map(({ partnerId }) => partnerId)).size, 1);
      assert.equal(entries[0]?.partnerName, "Mairie d'Exemple");
      const ids = new Set(entries.map(({ procedureId }) => procedureId));
      assert.equal(ids.size, 2);
      for (const id of ids) {
        const facts = await findProcedureFacts(fresh.database.knex, id);
        assert.deepEqual(facts?.approvedScopes, ["mesri_admissions", "mesri_identite"]);
      }
    });

    test("what a partner described is left as it was approved", async () => {
      await using fresh = await open();
      const { ledger, issue } = terminal(fresh.database);
      await issue({ procedureName: "Autre" });
      const [entry] = await createAccessStorage(fresh.database).readChanges(0);
      const content = create(ProcedureContentSchema, {
        name: "Bourse",
        scopes: [{ scope: "mesri_identite" }],
      });
      const described = {
        ...{ partnerId: entry?.partnerId ?? "", closenessApproved: false, decision: undefined },
        ...{
          submittedAt: undefined,
          origin: "contact" as const,
          createdAt: start,
          updatedAt: start,
          revision: 1,
        },
      };
      await ledger.change(terminalActor(), async ({ knex, version }) => {
        const approved = { id: "prc_1", name: "Bourse", state: "approved", proposal: undefined } as const;
        await insertProcedure(knex, { ...described, ...approved, approved: content }, version);
        const draft = { id: "prc_2", name: "Projet", state: "draft", proposal: content } as const;
        await insertProcedure(knex, { ...described, ...draft, approved: undefined }, version);
      });
      await issue({ procedureName: "Bourse", scopes: ["mesri_identite"] });
      await assert.rejects(issue({ procedureName: "Bourse" }), is("scopes_exceed_procedure"));
      await assert.rejects(issue({ procedureName: "Projet" }), is("procedure_not_approved"));
    });

    test("every bad field is named, and nothing is written", async () => {
      await using fresh = await open();
      const { issue } = terminal(fresh.database);
      const bad: [string, Partial<TerminalTokenRequest>][] = [
        ["partner_siret", { partnerSiret: "13002526500014" }],
        ["partner_siret", { partnerSiret: "1300252650001" }],
        ["partner_name", { partnerName: " " }],
        ["partner_name", { partnerName: "a\r\nb" }],
        ["procedure_name", { procedureName: "x".repeat(201) }],
        ["scopes", { scopes: [] }],
        ["scopes", { scopes: ["mesri_identite", "mesri_everything"] }],
        ["allowed_networks", { networks: ["192.0.2.0/24", "10.0.0.0/33"] }],
        ["expires_in_days", { expiresInDays: 549 }],
        ["expires_in_days", { expiresInDays: 0 }],
        ["calls_per_second", { callsPerSecond: 0 }],
        ["calls_per_second", { callsPerSecond: 1.5 }],
      ];
      const fieldsOf = async (different: Partial<TerminalTokenRequest>) => {
        const error = await issue(different).then(
          () => assert.fail("it was issued"),
          (thrown: unknown) => thrown,
        );
        assert.ok(error instanceof ServiceError && error.id === "invalid_request");
        return error.options.violations?.map(({ field }) => field);
      };
      for (const [field, different] of bad) {
        assert.deepEqual(await fieldsOf(different), [field], JSON.stringify(different));
      }
      const all = Object.assign({}, ...bad.map(([, different]) => different));
      assert.equal(new Set(await fieldsOf(all)).size, 7);
      assert.deepEqual(await readEventsAfter(fresh.database.knex, 0, 10), []);
    });

    test("a partner that is not active gets no token", async () => {
      await using fresh = await open();
      const { issue } = terminal(fresh.database);
      await issue();
      const access = sampleStorage(fresh.database);
      await access.setPartnerState(request.partnerSiret, "suspended", "Article 5");
      await assert.rejects(
        issue(),
        (error) => error instanceof ServiceError && error.options.violations?.[0]?.field === "partner_siret",
      );
      assert.equal((await access.readChanges(0)).length, 1);
    });
  });
}
