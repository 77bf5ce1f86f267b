// Prolonging: in the last 90 days, once contacts, purposes and scopes are confirmed as they are today.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { systemActor } from "../../src/audit/actor.ts";
import { GetProcedureRequestSchema } from "../../src/gen/statutetudiant/procedure/v1/procedure_pb.ts";
import {
  ProlongTokenRequestSchema,
  RevokeTokenRequestSchema,
  type Token,
  TokenStatus,
} from "../../src/gen/statutetudiant/token/v1/token_pb.ts";
import { listContacts } from "../../src/partner/contact-storage.ts";
import { etagOf } from "../../src/storage/etag.ts";
import { dayMs, start } from "../access/sample-access.ts";
import {
  type Administered,
  administer,
  assertRefused,
  contentOf,
  header,
  type Partner,
  present,
  scopes,
} from "../support/administered.ts";
import type { DatabaseKind } from "../support/both-databases.ts";

export function testProlongation({ name, open }: DatabaseKind): void {
  suite(`prolongation on ${name}`, () => {
    async function prepare(database: Administered["database"]) {
      const world = administer(database);
      const partner = await world.partner();
      const procedure = await world.approved(partner, contentOf("Bourse"));
      const { token } = await world.issue(partner, procedure, { validDays: 100 });
      return { world, partner, procedure, token };
    }

    test("by any contact, to 18 months from now at most", async () => {
      await using fresh = await open();
      const { world, partner, token } = await prepare(fresh.database);
      world.clock.date = start + 10 * dayMs - 1;
      const early = await assertRefused("prolonged_too_early", prolong(world, partner, token));
      assert.deepEqual(early.options.metadata, { from: new Date(start + 10 * dayMs).toISOString() });
      for (const acting of Object.values(partner.contacts)) {
        world.clock.date += 600 * dayMs - 70 * dayMs;
        if (acting === partner.contacts.administrative) world.clock.date = start + 10 * dayMs;
        const prolonged = await prolong(world, partner, token, {}, acting);
        assert.equal(endOf(prolonged), world.clock.date + 548 * dayMs);
        assert.equal(timestampMs(present(prolonged.prolongTime)), world.clock.date);
        assert.notEqual(prolonged.status, TokenStatus.EXPIRING);
      }
    });

    test("not once it is past or revoked, even at a date, nor to no later an end, nor of an inactive partner", async () => {
      await using fresh = await open();
      const { world, partner, token } = await prepare(fresh.database);
      world.clock.date = start + 30 * dayMs;
      await assertRefused("not_prolonged", prolong(world, partner, token, { validDays: 70 }));
      await world.setPartnerState(partner, "suspended");
      await assertRefused("partner_not_active", prolong(world, partner, token));
      await world.setPartnerState(partner, "active");
      world.clock.date = start + 100 * dayMs;
      await assertRefused("token_already_expired", prolong(world, partner, token));
      world.clock.date = start + 30 * dayMs;
      const revoke = { ...header(), id: token.id, reason: "Motif" };
      const revokeTime = token.expireTime && { ...token.expireTime, seconds: token.expireTime.seconds - 1n };
      const request = create(RevokeTokenRequestSchema, { ...revoke, ...(revokeTime && { revokeTime }) });
      await world.tokens.revoke(partner.contacts.technical, request);
      await assertRefused("token_already_revoked", prolong(world, partner, token));
    });

    test("not without each confirmation: what is missing is named, all at once", async () => {
      await using fresh = await open();
      const { world, partner, procedure, token } = await prepare(fresh.database);
      world.clock.date = start + 30 * dayMs;
      const { contacts } = await read(world, partner, token);
      const nothing = await assertRefused(
        "confirmation_missing",
        prolong(world, partner, token, { contacts: [], procedures: [], scopes: [] }),
      );
      assert.deepEqual(nothing.options.metadata, {
        contacts: contacts.map(({ id }) => id).join(","),
        procedures: procedure.id,
        scopes: scopes.join(","),
      });
      const fewer = await assertRefused(
        "confirmation_missing",
        prolong(world, partner, token, { contacts: contacts.slice(1), scopes: ["mesri_identite"] }),
      );
      assert.deepEqual(fewer.options.metadata, { contacts: contacts[0]?.id, scopes: "mesri_admissions" });
    });

    test("not with a confirmation of what has changed since: it is named", async () => {
      await using fresh = await open();
      const { world, partner, procedure, token } = await prepare(fresh.database);
      world.clock.date = start + 30 * dayMs;
      const confirmed = await read(world, partner, token);
      const [contact] = confirmed.contacts;
      await world.ledger.change(systemActor("test"), async ({ knex }) => {
        await knex("contacts").where("id", contact?.id).update({ revision: 2 });
      });
      const stale = await assertRefused("confirmation_stale", prolong(world, partner, token, confirmed));
      assert.deepEqual(stale.options.metadata, { contacts: contact?.id });
      await world.edit(partner, procedure, contentOf("Bourse", ["mesri_identite"]));
      const further = { ...confirmed, scopes: [...scopes, "mesri_admission_inscrit"] };
      const staler = await assertRefused("confirmation_stale", prolong(world, partner, token, further));
      assert.deepEqual(staler.options.metadata, {
        contacts: contact?.id,
        procedures: procedure.id,
        scopes: "mesri_admission_inscrit",
      });
      assert.equal(endOf(await prolong(world, partner, token)), world.clock.date + 548 * dayMs);
    });
  });
}

/** What a contact confirms, as it reads it now. */
export async function read(world: Administered, partner: Partner, token: Token) {
  const contacts = await listContacts(world.database.knex, partner.id);
  const procedures = [];
  for (const { id } of token.procedures) {
    const { procedure } = await world.procedures.get(
      world.operator,
      create(GetProcedureRequestSchema, { id }),
    );
    procedures.push({ id, etag: procedure.etag });
  }
  return {
    contacts: contacts.map(({ id, revision }) => ({ id, etag: etagOf(revision) })),
    procedures,
    scopes: [...token.scopes],
  };
}

export async function prolong(
  world: Administered,
  partner: Partner,
  token: Token,
  different: Partial<Awaited<ReturnType<typeof read>>> & { readonly validDays?: number } = {},
  acting = partner.contacts.business,
): Promise<Token> {
  const confirmed = { ...(await read(world, partner, token)), ...different };
  const request = create(ProlongTokenRequestSchema, { ...header(), id: token.id, ...confirmed });
  return present((await world.tokens.prolong(acting, request)).token);
}

function endOf({ expireTime }: Token): number {
  return timestampMs(present(expireTime));
}
