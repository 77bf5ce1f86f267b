// One token for several procedures: only with close purposes and the same data (terms, article 2).
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import type { Procedure } from "../../src/gen/statutetudiant/procedure/v1/procedure_pb.ts";
import {
  JoinTokenRequestSchema,
  LeaveTokenRequestSchema,
  RevokeTokenRequestSchema,
  type Token,
} from "../../src/gen/statutetudiant/token/v1/token_pb.ts";
import {
  type Administered,
  administer,
  assertRefused,
  contentOf,
  header,
  type Partner,
  present,
} from "../support/administered.ts";
import type { DatabaseKind } from "../support/both-databases.ts";

export function testSharedTokens({ name, open }: DatabaseKind): void {
  suite(`shared tokens on ${name}`, () => {
    async function prepare(database: Administered["database"]) {
      const world = administer(database);
      const partner = await world.partner();
      const first = await world.approved(partner, contentOf("Bourse"));
      const { token } = await world.issue(partner, first);
      return { world, partner, first, token };
    }

    const close = (title: string, { id: procedureId }: Procedure, needed?: readonly string[]) => ({
      ...contentOf(title, needed),
      closeTo: { procedureId, explanation: "Le même public, la même aide." },
    });

    test("a close procedure that needs the same data joins, and leaves", async () => {
      await using fresh = await open();
      const { world, partner, first, token } = await prepare(fresh.database);
      const second = await world.approved(partner, close("Aide", first));
      const joined = await join(world, partner, token, second);
      assert.deepEqual(
        joined.procedures.map(({ id }) => id),
        [first.id, second.id],
      );
      await assertRefused("procedure_has_token", join(world, partner, token, second));
      await assertRefused("procedure_has_token", world.issue(partner, second));
      const third = await world.approved(partner, close("Transport", second));
      await join(world, partner, token, third);
      await assertRefused("token_own_procedure", leave(world, partner, token, first.id));
      await assertRefused("procedure_not_on_token", leave(world, partner, token, "prc_none"));
      const left = await leave(world, partner, token, second.id);
      assert.deepEqual(
        left.procedures.map(({ id }) => id),
        [first.id, third.id],
      );
      assert.notEqual((await world.issue(partner, second)).token.id, token.id);
    });

    test("each other procedure is refused with its reason", async () => {
      await using fresh = await open();
      const { world, partner, first, token } = await prepare(fresh.database);
      const undeclared = await world.approved(partner, contentOf("Sans lien"));
      await assertRefused("closeness_not_declared", join(world, partner, token, undeclared));
      const elsewhere = await world.approved(partner, close("Ailleurs", undeclared));
      await assertRefused("closeness_not_declared", join(world, partner, token, elsewhere));
      const declared = await world.submit(partner, await world.draft(partner, close("Déclarée", first)));
      await assertRefused("procedure_not_approved", join(world, partner, token, declared));
      const unapproved = await world.approve(declared, false);
      await assertRefused("closeness_not_approved", join(world, partner, token, unapproved));
      await world.edit(partner, undeclared, close("Sans lien", first));
      await assertRefused("closeness_not_approved", join(world, partner, token, undeclared));
      const less = await world.approved(partner, close("Moins", first, ["mesri_identite"]));
      await assertRefused("scopes_not_the_same", join(world, partner, token, less));
      const more = close("Plus", first, ["mesri_admissions", "mesri_identite", "mesri_admission_inscrit"]);
      await assertRefused(
        "scopes_not_the_same",
        join(world, partner, token, await world.approved(partner, more)),
      );
      const other = await world.partner();
      const foreign = await world.approved(other, contentOf("Étrangère"));
      await assertRefused("record_not_found", join(world, partner, token, foreign));
      await assertRefused("record_not_found", join(world, other, token, foreign));
      const good = await world.approved(partner, close("Bonne", first));
      await world.setPartnerState(partner, "suspended");
      await assertRefused("partner_not_active", join(world, partner, token, good));
      await world.setPartnerState(partner, "active");
      const revoke = { ...header(), id: token.id, reason: "Motif" };
      await world.tokens.revoke(world.operator, create(RevokeTokenRequestSchema, revoke));
      await assertRefused("token_already_revoked", join(world, partner, token, good));
    });

    test("no approval breaks what lets procedures share a token", async () => {
      await using fresh = await open();
      const { world, partner, first, token } = await prepare(fresh.database);
      const second = await world.approved(partner, close("Aide", first));
      await join(world, partner, token, second);
      const fewer = await world.submit(
        partner,
        await world.edit(partner, first, contentOf("Bourse", ["mesri_identite"])),
      );
      const differ = await assertRefused("shared_scopes_differ", world.approve(fewer));
      assert.deepEqual(differ.options.metadata, { token: token.id });
      const distant = await world.submit(partner, await world.edit(partner, second, contentOf("Aide")));
      await assertRefused("shared_purpose_not_close", world.approve(distant));
      await leave(world, partner, token, second.id);
      assert.equal((await world.approve(distant)).closenessApproved, false);
      await world.approve(fewer);
    });
  });
}

async function join(world: Administered, partner: Partner, { id }: Token, procedure: Procedure) {
  const request = create(JoinTokenRequestSchema, { ...header(), id, procedureId: procedure.id });
  return present((await world.tokens.join(partner.contacts.technical, request)).token);
}

async function leave(world: Administered, partner: Partner, { id }: Token, procedureId: string) {
  const request = create(LeaveTokenRequestSchema, { ...header(), id, procedureId });
  return present((await world.tokens.leave(partner.contacts.technical, request)).token);
}
