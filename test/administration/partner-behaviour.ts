import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ActivatePartnerRequestSchema,
  DeclareFranceConnectRequestSchema,
  GetPartnerRequestSchema,
  LegalCategory,
  ListPartnersRequestSchema,
  PartnerState,
  RegisterPartnerRequestSchema,
  ReinstatePartnerRequestSchema,
  SuspendPartnerRequestSchema,
  TerminatePartnerRequestSchema,
  UpdatePartnerRequestSchema,
  VerifyEligibilityRequestSchema,
} from "../../src/gen/statutetudiant/partner/v1/partner_pb.ts";
import { OperatorBody } from "../../src/gen/statutetudiant/rules/v1/roles_pb.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import {
  type AdministrationWorld,
  activePartner,
  addContact,
  ask,
  mailsAbout,
  newSiret,
  openWorld,
  present,
  refusal,
  refusalId,
  register,
} from "./world.ts";

export function testPartners(kind: DatabaseKind): void {
  test("a request repeated is one partner, whatever comes between", async () => {
    await using world = await openWorld(kind);
    const { administration, instructor } = world;
    const request = ask(RegisterPartnerRequestSchema, { siret: newSiret(), name: "Ville de Brest" });
    const [first, second] = [
      await administration.partners.register(instructor, request),
      await administration.partners.register(instructor, request),
    ];
    assert.equal(first.partner?.id, second.partner?.id);
    const other = { ...request, name: "Autre" };
    assert.equal(await refusalId(administration.partners.register(instructor, other)), "request_id_reused");
    const again = ask(RegisterPartnerRequestSchema, { siret: request.siret, name: "Autre" });
    const taken = await refusal(administration.partners.register(instructor, again));
    assert.equal(taken.id, "partner_siret_taken");
    assert.deepEqual(taken.options.metadata, { partner_id: first.partner?.id });
  });

  test("a name that no letter could say is refused where it is written, and named", async () => {
    await using world = await openWorld(kind);
    const { partners } = world.administration;
    const { id, etag } = await register(world, "Régie 1234567890");
    for (const name of ["Régie 951242368CR", "stetu_0123456789abcdef"]) {
      const siret = newSiret();
      for (const write of [
        () => partners.register(world.instructor, ask(RegisterPartnerRequestSchema, { siret, name })),
        () => partners.update(world.instructor, ask(UpdatePartnerRequestSchema, { id, etag, name })),
      ]) {
        const { id: errorId, options } = await refusal(write());
        assert.equal(errorId, "invalid_request");
        assert.deepEqual(
          options.violations?.map(({ field }) => field),
          ["name"],
        );
      }
    }
  });

  test("what is only validated is refused alike, and leaves nothing", async () => {
    await using world = await openWorld(kind);
    const { administration, instructor, database } = world;
    const dry = ask(RegisterPartnerRequestSchema, { siret: newSiret(), name: "Essai", validateOnly: true });
    assert.ok((await administration.partners.register(instructor, dry)).partner?.id);
    assert.deepEqual(await database.knex("partners").select("id"), []);
    const partner = await register(world, "Essai", dry.siret);
    const again = { ...dry, requestId: "another" };
    assert.equal(await refusalId(administration.partners.register(instructor, again)), "partner_siret_taken");
    assert.equal((await administration.partners.get(instructor, get(partner.id))).partner.etag, '"1"');
  });

  test("partners are filtered by state, SIRET and part of the name", async () => {
    await using world = await openWorld(kind);
    const names = ["Université d'Évry", "universite de Brest", "100 % public", "a_b!c"];
    for (const name of names) await register(world, name);
    await activePartner(world, "Région Étoile");
    const find = async (filter: object) =>
      (
        await world.administration.partners.list(
          ask(ListPartnersRequestSchema, { orderBy: "name", ...filter }),
        )
      ).partners;
    const named = async (namePart: string) => (await find({ namePart })).map(({ name }) => name).toSorted();
    assert.deepEqual(await named("UNIVERSITÉ"), ["Université d'Évry", "universite de Brest"]);
    assert.deepEqual(await named("etoile"), ["Région Étoile"]);
    assert.deepEqual(await named("%"), ["100 % public"]);
    assert.deepEqual(await named("_"), ["a_b!c"]);
    assert.deepEqual(await named("!"), ["a_b!c"]);
    assert.deepEqual(await named("' or 1=1 --"), []);
    assert.equal((await find({ state: PartnerState.ACTIVE })).length, 1);
    assert.equal((await find({ state: PartnerState.REQUESTED })).length, names.length);
    const { siret } = present((await find({ state: PartnerState.ACTIVE }))[0]);
    assert.deepEqual(
      (await find({ siret })).map((partner) => partner.siret),
      [siret],
    );
    assert.deepEqual(await find({ siret: "00000000000000" }), []);
  });

  for (const orderBy of ["create_time", "create_time desc", "name", "name desc", "siret", "siret desc"]) {
    test(`pages by ${orderBy} show each partner once while others come`, async () => {
      await using world = await openWorld(kind);
      const known = new Set<string | undefined>();
      for (const name of ["Z", "A", "M", "A", "é", "É", "10", "9"])
        known.add((await register(world, name)).id);
      const seen: (string | undefined)[] = [];
      for (let pageToken = ""; ; ) {
        const request = ask(ListPartnersRequestSchema, { pageSize: 3, pageToken, orderBy });
        const page = await world.administration.partners.list(request);
        seen.push(...page.partners.map(({ id }) => id));
        pageToken = page.nextPageToken;
        if (pageToken === "") break;
        // Before, among and behind those that were shown.
        if (seen.length < 9) for (const name of ["A", "N", "ZZ"]) await register(world, name);
      }
      assert.equal(new Set(seen).size, seen.length, "one came twice");
      for (const id of known) assert.ok(seen.includes(id), "one was skipped");
    });
  }

  test("a page belongs to its filter and order, and its size has bounds", async () => {
    await using world = await openWorld(kind);
    for (let index = 0; index < 3; index++) await register(world);
    const list = (init: object) => world.administration.partners.list(ask(ListPartnersRequestSchema, init));
    const { nextPageToken: pageToken } = await list({ pageSize: 1 });
    const bad: [string, object][] = [
      ["page_token", { pageToken, orderBy: "name" }],
      ["page_token", { pageToken, state: PartnerState.ACTIVE }],
      ["page_token", { pageToken: "x" }],
      ["page_token", { pageToken: Buffer.from('["a",{},1]').toString("base64url") }],
      ["page_size", { pageSize: 201 }],
      ["page_size", { pageSize: -1 }],
      ["order_by", { orderBy: "state; drop table partners" }],
      ["order_by", { orderBy: "constructor" }],
    ];
    for (const [field, init] of bad) {
      const { id, options } = await refusal(list(init));
      assert.equal(id, "invalid_request");
      assert.deepEqual(
        options.violations?.map((violation) => violation.field),
        [field],
      );
    }
    assert.equal((await list({ pageToken })).partners.length, 2);
  });

  test("of edits of the same revision one counts, and the others are told", async () => {
    await using world = await openWorld(kind);
    const { administration, instructor } = world;
    const { id, etag } = await register(world);
    const edits = Array.from({ length: 8 }, (_, index) =>
      administration.partners
        .update(instructor, ask(UpdatePartnerRequestSchema, { id, etag, name: `Nom ${index}` }))
        .then(
          ({ partner }) => partner?.name,
          (error) => error.id,
        ),
    );
    const ended = await Promise.all(edits);
    const [kept, ...more] = ended.filter((name) => name !== "edit_conflict");
    assert.deepEqual(more, []);
    assert.equal((await administration.partners.get(instructor, get(id))).partner.name, kept);
  });

  test("every edit and decision needs the revision that was read", async () => {
    await using world = await openWorld(kind);
    const { administration, instructor } = world;
    const { id } = await register(world);
    const stale = { id, etag: '"7"', reason: "Essai", body: OperatorBody.MINISTRY };
    const { partners, decisions } = administration;
    const attempts = [
      partners.update(instructor, ask(UpdatePartnerRequestSchema, { ...stale, name: "a" })),
      partners.declareFranceConnect(instructor, ask(DeclareFranceConnectRequestSchema, stale)),
      partners.verifyEligibility(instructor, ask(VerifyEligibilityRequestSchema, stale)),
      decisions.activate(instructor, ask(ActivatePartnerRequestSchema, stale)),
      decisions.suspend(instructor, ask(SuspendPartnerRequestSchema, stale)),
      decisions.reinstate(instructor, ask(ReinstatePartnerRequestSchema, stale)),
      decisions.terminate(instructor, ask(TerminatePartnerRequestSchema, stale)),
    ];
    for (const id of await Promise.all(attempts.map(refusalId))) assert.equal(id, "edit_conflict");
  });

  test("without category and legal text no eligibility is verified (article 2)", async () => {
    await using world = await openWorld(kind);
    const { partners } = world.administration;
    const { instructor } = world;
    const request = ask(RegisterPartnerRequestSchema, { siret: newSiret(), name: "Sans texte" });
    const { id = "", etag = "" } = present((await partners.register(instructor, request)).partner);
    const verify = ask(VerifyEligibilityRequestSchema, { id, etag, reason: "Essai" });
    const refused = await refusal(partners.verifyEligibility(instructor, verify));
    assert.equal(refused.id, "eligibility_incomplete");
    assert.deepEqual(refused.options.metadata, { legal_category: "absent", legal_text: "absent" });
  });

  test("a verified eligibility falls with the category or the text, and not with the name", async () => {
    await using world = await openWorld(kind);
    const { administration, instructor } = world;
    const { partner } = await activePartner(world);
    const update = async (init: object) => {
      const { etag } = (await administration.partners.get(instructor, get(partner.id))).partner;
      const request = ask(UpdatePartnerRequestSchema, { id: partner.id, etag: etag ?? "", ...init });
      return present((await administration.partners.update(instructor, request)).partner);
    };
    assert.ok((await update({ name: "Autre nom" })).eligibility);
    assert.ok((await update({ legalText: partner.legalText })).eligibility);
    assert.equal((await update({ legalCategory: LegalCategory.STATE })).eligibility, undefined);
  });

  test("contacts change their partner's details while it is requested only", async () => {
    await using world = await openWorld(kind);
    const { administration } = world;
    const requested = await register(world);
    const { acting } = await addContact(world, requested.id, "administrative");
    const edit = { id: requested.id, etag: requested.etag, name: "Nouveau nom" };
    await administration.partners.update(acting, ask(UpdatePartnerRequestSchema, edit));
    const active = await activePartner(world);
    const late = { id: active.partner.id, etag: active.partner.etag, name: "Nouveau nom" };
    assert.equal(
      await refusalId(administration.partners.update(active.acting, ask(UpdatePartnerRequestSchema, late))),
      "partner_details_settled",
    );
  });

  test("a contact decides nothing, and an operator only for its own body", async () => {
    await using world = await openWorld(kind);
    const { administration, dinum } = world;
    const { partner, acting } = await activePartner(world);
    const suspend = (body: OperatorBody) =>
      ask(SuspendPartnerRequestSchema, { id: partner.id, etag: partner.etag, reason: "Essai", body });
    const { decisions } = administration;
    for (const [who, body] of [
      [dinum, OperatorBody.MINISTRY],
      [acting, OperatorBody.MINISTRY],
      [acting, OperatorBody.DINUM],
    ] as const) {
      assert.equal(await refusalId(decisions.suspend(who, suspend(body))), "body_not_yours");
    }
    const { partner: suspended } = await decisions.suspend(dinum, suspend(OperatorBody.DINUM));
    assert.equal(suspended?.decision?.body, OperatorBody.DINUM);
  });

  test("every decision is mailed to the partner, to the end of its access", async () => {
    await using world = await openWorld(kind);
    const { decisions } = world.administration;
    const { partner, contact } = await activePartner(world);
    const read = async () =>
      (await world.administration.partners.get(world.instructor, get(partner.id))).partner;
    const decision = async () => {
      const { id = "", etag = "" } = await read();
      return { id, etag, reason: "Selon le dossier.", body: OperatorBody.MINISTRY };
    };
    const { instructor, administrator } = world;
    await decisions.suspend(instructor, ask(SuspendPartnerRequestSchema, await decision()));
    await decisions.reinstate(instructor, ask(ReinstatePartnerRequestSchema, await decision()));
    await decisions.suspend(instructor, ask(SuspendPartnerRequestSchema, await decision()));
    await decisions.terminate(administrator, ask(TerminatePartnerRequestSchema, await decision()));
    const mails = await mailsAbout(world, partner.id);
    const steps = ["activate", "suspend", "reinstate", "suspend", "terminate"];
    assert.deepEqual(
      mails.map((mail) => mail.kind).toSorted(),
      steps.map((step) => `partner-${step}`).toSorted(),
    );
    assert.ok(mails.every(({ recipient }) => recipient.address === contact.email));
    const last = mails.find(({ kind: told }) => told === "partner-terminate");
    assert.match(last?.content.text ?? "", /Motif : Selon le dossier\./u);
  });

  test("every change of a partner raises the access version, which instances watch", async () => {
    await using world = await openWorld(kind);
    const { partner } = await activePartner(world);
    const version = async () => Number((await world.database.knex("access_version").first()).version);
    const before = await version();
    await suspend(world, partner.id);
    const row = await world.database.knex("partners").where("id", partner.id).first();
    assert.equal(await version(), before + 1);
    assert.deepEqual([row.state, Number(row.version)], ["suspended", before + 1]);
  });
}

async function suspend({ administration, instructor }: AdministrationWorld, id: string): Promise<void> {
  const { etag = "" } = (await administration.partners.get(instructor, get(id))).partner;
  const request = { id, etag, reason: "Essai", body: OperatorBody.MINISTRY };
  await administration.decisions.suspend(instructor, ask(SuspendPartnerRequestSchema, request));
}

function get(id: string) {
  return ask(GetPartnerRequestSchema, { id });
}
