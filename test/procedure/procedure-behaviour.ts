// What people do with procedures, on either database.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { readEventsAfter } from "../../src/audit/audit-storage.ts";
import {
  CloseProcedureRequestSchema,
  CreateProcedureRequestSchema,
  GetProcedureRequestSchema,
  ListProceduresRequestSchema,
  type Procedure,
  ProcedureState,
  RefuseProcedureRequestSchema,
  RequestProcedureChangesRequestSchema,
  SubmitProcedureRequestSchema,
  WithdrawProcedureRequestSchema,
} from "../../src/gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { OperatorBody } from "../../src/gen/statutetudiant/rules/v1/roles_pb.ts";
import {
  administer,
  assertRefused,
  contentOf,
  header,
  type Partner,
  present,
} from "../support/administered.ts";
import type { DatabaseKind } from "../support/both-databases.ts";

export function testProcedures({ name, open }: DatabaseKind): void {
  suite(`procedures on ${name}`, () => {
    test("a partner writes and submits, an operator asks for changes, then approves: it counts", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const draft = await world.draft(partner, contentOf("Bourse"));
      assert.deepEqual([draft.state, draft.approved], [ProcedureState.DRAFT, undefined]);
      assert.equal(draft.partnerSiret, partner.siret);
      const submitted = await world.submit(partner, draft);
      const { procedure } = await world.procedures.requestChanges(
        world.operator,
        create(RequestProcedureChangesRequestSchema, {
          ...decision(submitted),
          reason: "Précisez la finalité",
        }),
      );
      const changes = present(procedure);
      assert.equal(changes.state, ProcedureState.CHANGES_REQUESTED);
      assert.deepEqual(
        [changes.decisionReason, changes.decisionBody],
        ["Précisez la finalité", OperatorBody.DINUM],
      );
      const again = await world.submit(
        partner,
        await world.edit(partner, changes, { ...contentOf("Bourse municipale"), purpose: "Plus précise." }),
      );
      const approved = await world.approve(again);
      assert.deepEqual([approved.state, approved.proposal], [ProcedureState.APPROVED, undefined]);
      assert.deepEqual(
        [approved.approved?.name, approved.approved?.purpose],
        ["Bourse municipale", "Plus précise."],
      );
      const events = (await readEventsAfter(fresh.database.knex, 0, 50)).filter(
        ({ subject }) => subject === draft.id,
      );
      assert.deepEqual(
        events.map(({ action, actor }) => `${action} by ${actor.kind}`),
        [
          ...["procedure.create by contact", "procedure.submit by contact"],
          ...["procedure.request_changes by operator", "procedure.edit by contact"],
          ...["procedure.submit by contact", "procedure.approve by operator"],
        ],
      );
      assert.ok(events.every(({ partnerId }) => partnerId === partner.id));
      assert.equal(events.at(-1)?.reason, "Conforme");
    });

    test("an edit of what is approved counts once it is approved in its turn", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const first = await world.approved(partner, contentOf("Bourse"));
      const edited = await world.edit(partner, first, contentOf("Aide", ["mesri_identite"]));
      assert.deepEqual(
        [edited.state, edited.approved?.name, edited.proposal?.name],
        [ProcedureState.DRAFT, "Bourse", "Aide"],
      );
      const refused = await world.procedures.refuse(
        world.operator,
        create(RefuseProcedureRequestSchema, decision(await world.submit(partner, edited))),
      );
      const after = present(refused.procedure);
      assert.deepEqual([after.state, after.approved?.name], [ProcedureState.REFUSED, "Bourse"]);
      const withdrawn = await withdraw(world, partner, after);
      assert.deepEqual(
        [withdrawn.state, withdrawn.approved?.name, withdrawn.proposal],
        [ProcedureState.APPROVED, "Bourse", undefined],
      );
      const second = await world.edit(partner, withdrawn, contentOf("Aide"));
      const approved = await world.approve(await world.submit(partner, second));
      assert.deepEqual([approved.approved?.name, approved.proposal], ["Aide", undefined]);
    });

    test("a draft may lack all but its name; what is submitted lacks nothing", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const draft = await world.draft(partner, { name: "Bourse" });
      const error = await assertRefused("procedure_incomplete", world.submit(partner, draft));
      assert.deepEqual(
        error.options.violations?.map(({ field }) => field),
        ["content.purpose", "content.legal_basis", "content.scopes", "content.retention_days"],
      );
      const bare = { ...contentOf("Bourse"), scopes: [{ scope: "mesri_identite", justification: " " }] };
      const edited = await world.edit(partner, draft, bare);
      const second = await assertRefused("procedure_incomplete", world.submit(partner, edited));
      assert.equal(second.options.metadata?.["missing"], "content.scopes[0].justification");
    });

    test("scopes that do not exist or stand twice are named, and closeness to itself too", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const draft = await world.draft(partner, { name: "Bourse" });
      const closeTo = { procedureId: draft.id, explanation: "La même." };
      const content = { ...contentOf("B", ["mesri_identite", "mesri_tout", "mesri_identite"]), closeTo };
      const error = await assertRefused("invalid_request", world.edit(partner, draft, content));
      assert.deepEqual(
        error.options.violations?.map(({ field }) => field),
        ["content.scopes[1].scope", "content.scopes[2].scope", "content.close_to.procedure_id"],
      );
    });

    test("a name that no letter could say is refused where it is written, and named", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const draft = await world.draft(partner, { name: "Bourse 1234567890" });
      for (const name of [
        "Aide 951242368CR",
        "Aide 1234567890a",
        "stetu_0123456789abcdef",
        "Code stcod_abc",
      ]) {
        for (const write of [
          () => world.draft(partner, contentOf(name)),
          () => world.edit(partner, draft, contentOf(name)),
        ]) {
          const error = await assertRefused("invalid_request", write());
          assert.deepEqual(
            error.options.violations?.map(({ field }) => field),
            ["content.name"],
            name,
          );
        }
      }
    });

    test("names are alone among the open procedures of a partner", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const [partner, other] = [await world.partner(), await world.partner()];
      const first = await world.approved(partner, contentOf("Bourse"));
      await world.draft(other, contentOf("Bourse"));
      await assertRefused("procedure_name_taken", world.draft(partner, contentOf("Bourse")));
      const second = await world.draft(partner, contentOf("Aide"));
      await assertRefused("procedure_name_taken", world.edit(partner, second, contentOf("Bourse")));
      // Both ask for a new name at the same time: the second one to be approved is refused.
      const renamed = await world.submit(
        partner,
        await world.edit(partner, first, contentOf("Aide sociale")),
      );
      const rival = await world.submit(partner, await world.edit(partner, second, contentOf("Aide sociale")));
      await assertRefused("procedure_name_taken", world.approve(renamed));
      await withdraw(world, partner, rival);
      const closed = await close(world, partner, await get(world, rival.id));
      assert.equal(closed.state, ProcedureState.CLOSED);
      assert.equal((await world.approve(renamed)).approved?.name, "Aide sociale");
      await world.draft(partner, contentOf("Aide"));
    });

    test("a contact reaches its own partner's procedures, an operator all of them", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const [partner, other] = [await world.partner(), await world.partner()];
      const draft = await world.draft(partner, contentOf("Bourse"));
      await world.draft(other, contentOf("Bourse"));
      const stranger = other.contacts.administrative;
      await assertRefused(
        "record_not_found",
        world.procedures.get(stranger, create(GetProcedureRequestSchema, { id: draft.id })),
      );
      await assertRefused("record_not_found", world.submit({ ...partner, contacts: other.contacts }, draft));
      await assertRefused(
        "record_not_found",
        world.procedures.list(stranger, list({ partnerId: partner.id })),
      );
      const own = await world.procedures.list(stranger, list({}));
      assert.deepEqual(
        own.procedures.map(({ partnerId }) => partnerId),
        [other.id],
      );
      assert.equal((await world.procedures.list(world.operator, list({}))).procedures.length, 2);
      const filtered = await world.procedures.list(world.operator, list({ partnerId: partner.id }));
      assert.deepEqual(
        filtered.procedures.map(({ id }) => id),
        [draft.id],
      );
      const none = await world.procedures.list(world.operator, list({ state: ProcedureState.APPROVED }));
      assert.deepEqual(none.procedures, []);
      const request = create(CreateProcedureRequestSchema, { ...header(), content: contentOf("X") });
      await assertRefused("role_insufficient", world.procedures.create(world.operator, request));
    });

    test("an edit of another revision, a repeated request and a dry run change nothing", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const draft = await world.draft(partner, contentOf("Bourse"));
      await world.edit(partner, draft, contentOf("Aide"));
      await assertRefused("edit_conflict", world.edit(partner, draft, contentOf("Autre")));
      const current = await get(world, draft.id);
      const request = create(SubmitProcedureRequestSchema, { ...header(), id: draft.id, etag: current.etag });
      const dry = create(SubmitProcedureRequestSchema, { ...request, ...header(), validateOnly: true });
      const tried = await world.procedures.submit(partner.contacts.business, dry);
      assert.equal(tried.procedure?.state, ProcedureState.REQUESTED);
      assert.equal((await get(world, draft.id)).state, ProcedureState.DRAFT);
      const [first, second] = [
        await world.procedures.submit(partner.contacts.business, request),
        await world.procedures.submit(partner.contacts.business, request),
      ];
      assert.deepEqual(second, first);
      const reused = create(SubmitProcedureRequestSchema, { ...request, etag: '"9"' });
      await assertRefused("request_id_reused", world.procedures.submit(partner.contacts.business, reused));
    });

    test("a procedure that a token serves cannot be closed; a partner that is terminated submits nothing", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const served = await world.approved(partner, contentOf("Bourse"));
      await world.issue(partner, served);
      await assertRefused("procedure_in_use", close(world, partner, served));
      const draft = await world.draft(partner, contentOf("Aide"));
      await world.setPartnerState(partner, "terminated");
      await assertRefused("partner_not_active", world.submit(partner, draft));
    });

    test("closeness must be declared, to an open procedure of the same partner", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const [partner, other] = [await world.partner(), await world.partner()];
      const foreign = await world.approved(other, contentOf("Bourse"));
      const submitted = await world.submit(partner, await world.draft(partner, contentOf("Aide")));
      await assertRefused("closeness_not_declared", world.approve(submitted, true));
      const closeTo = { procedureId: foreign.id, explanation: "Même public." };
      const declared = await world.draft(partner, { ...contentOf("Transport"), closeTo });
      await assertRefused("closeness_unfounded", world.approve(await world.submit(partner, declared), true));
    });

    test("a partner keeps 500 open procedures at most", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const { id } = await world.draft(partner, contentOf("Première"));
      const row = await fresh.database.knex("procedures").select("*").where("id", id).first();
      const rows = Array.from({ length: 499 }, (_, index) => ({
        ...row,
        id: `prc_x${index}`,
        name: `n${index}`,
      }));
      await fresh.database.knex.batchInsert("procedures", rows, 20);
      await assertRefused("procedures_limited", world.draft(partner, contentOf("De trop")));
    });

    test("pages hold every procedure once while others are added", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const made = new Set<string>();
      const add = async (index: number) => made.add((await world.draft(partner, { name: `N ${index}` })).id);
      for (let index = 0; index < 7; index += 1) await add(index);
      const seen: string[] = [];
      for (let pageToken = "", page = 0; page === 0 || pageToken !== ""; page += 1) {
        const answer = await world.procedures.list(
          partner.contacts.technical,
          list({ pageSize: 3, pageToken, orderBy: "name" }),
        );
        seen.push(...answer.procedures.map(({ id }) => id));
        if (page === 0) await add(9);
        ({ nextPageToken: pageToken } = answer);
      }
      assert.deepEqual(seen.toSorted(), [...made].toSorted());
      assert.equal(new Set(seen).size, 8);
    });
  });
}

type World = ReturnType<typeof administer>;

function decision({ id, etag }: Procedure) {
  return { ...header(), id, etag, reason: "Motif" };
}

function list(fields: object) {
  return create(ListProceduresRequestSchema, fields);
}

async function get(world: World, id: string): Promise<Procedure> {
  return (await world.procedures.get(world.operator, create(GetProcedureRequestSchema, { id }))).procedure;
}

async function withdraw(world: World, partner: Partner, procedure: Procedure): Promise<Procedure> {
  const request = create(WithdrawProcedureRequestSchema, decision(procedure));
  return present((await world.procedures.withdraw(partner.contacts.administrative, request)).procedure);
}

async function close(world: World, partner: Partner, procedure: Procedure): Promise<Procedure> {
  const request = create(CloseProcedureRequestSchema, decision(procedure));
  return present((await world.procedures.close(partner.contacts.administrative, request)).procedure);
}
