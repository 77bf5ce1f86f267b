import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { TimestampSchema, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  PartnerState,
  SuspendPartnerRequestSchema,
  TerminatePartnerRequestSchema,
} from "../../src/gen/statutetudiant/partner/v1/partner_pb.ts";
import { OperatorBody } from "../../src/gen/statutetudiant/rules/v1/roles_pb.ts";
import {
  AcceptTermsRequestSchema,
  ListAcceptancesRequestSchema,
  ListMissingAcceptancesRequestSchema,
  ListTermsRequestSchema,
  PublishTermsRequestSchema,
} from "../../src/gen/statutetudiant/terms/v1/terms_pb.ts";
import { ensureDemonstrationTerms } from "../../src/terms/demonstration-terms.ts";
import { digestOf } from "../../src/terms/terms-versions.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import {
  type AdministrationWorld,
  activePartner,
  addContact,
  ask,
  dayMs,
  openWorld,
  present,
  refusal,
  refusalId,
  register,
} from "./world.ts";

export function testTerms(kind: DatabaseKind): void {
  test("a version is in force from its day on, and its text stays", async () => {
    await using world = await openWorld(kind);
    const { terms } = world.administration;
    assert.equal(await refusalId(terms.current(undefined)), "record_not_found");
    await publish(world, "1", "2020-01-01", "# Un\r\n".replace("\r", ""));
    const next = dayOf(world, 10);
    await publish(world, "2", next, "  # Deux\n\nÉté\n\n");
    const current = async (date?: string) => (await terms.current(date)).terms.version;
    assert.deepEqual([await current(), await current(next)], ["1", "2"]);
    assert.equal(await refusalId(terms.current("2019-12-31")), "record_not_found");
    world.clock.date += 10 * dayMs;
    assert.equal(await current(), "2");
    const { terms: second } = await terms.get("2");
    assert.equal(second.markdown, "# Deux\n\nÉté\n");
    assert.equal(second.textSha256, digestOf("# Deux\n\nÉté\n"));
    assert.equal(await refusalId(terms.get("3")), "record_not_found");
    const { knex } = world.database;
    await assert.rejects(async () => knex("terms_versions").update({ markdown: "x" }), /appended/);
    await assert.rejects(async () => knex("terms_versions").delete(), /appended/);
  });

  test("a version that does not fit is refused", async () => {
    await using world = await openWorld(kind);
    await publish(world, "1", "2020-01-01");
    await publish(world, "2", dayOf(world, 5));
    const refused: [string, string, string][] = [
      ["2", dayOf(world, 9), "terms_version_taken"],
      ["3", dayOf(world, 5), "terms_not_later"],
      ["3", "2021-01-01", "terms_not_later"],
    ];
    for (const [version, date, id] of refused) {
      assert.equal(await refusalId(publish(world, version, date)), id);
    }
    world.clock.date += 20 * dayMs;
    assert.equal(await refusalId(publish(world, "3", dayOf(world, -1))), "terms_date_past");
    await publish(world, "3", dayOf(world, 0));
  });

  test("versions are listed in pages, without their text", async () => {
    await using world = await openWorld(kind);
    for (const index of [1, 2, 3]) await publish(world, String(index), dayOf(world, index));
    const list = (init: object) => world.administration.terms.list(ask(ListTermsRequestSchema, init));
    const first = await list({ pageSize: 2, orderBy: "effective_date desc" });
    const second = await list({
      pageSize: 2,
      orderBy: "effective_date desc",
      pageToken: first.nextPageToken,
    });
    const shown = [...first.terms, ...second.terms];
    assert.deepEqual(
      shown.map(({ version }) => version),
      ["3", "2", "1"],
    );
    assert.ok(shown.every(({ markdown }) => markdown === ""));
  });

  test("only what was read, is in force or to come, and not accepted yet, is accepted", async () => {
    await using world = await openWorld(kind);
    const { terms } = world.administration;
    await publish(world, "1", "2020-01-01");
    await publish(world, "2", dayOf(world, 0));
    await publish(world, "3", dayOf(world, 30));
    const { id: partnerId } = await register(world);
    const { acting, contact } = await addContact(world, partnerId, "administrative");
    const accept = async (version: string, textSha256?: string) => {
      const digest = textSha256 ?? (await terms.get(version)).terms.textSha256 ?? "";
      return terms.accept(acting, ask(AcceptTermsRequestSchema, { version, textSha256: digest }));
    };
    const old = await refusal(accept("1"));
    assert.deepEqual([old.id, old.options.metadata], ["terms_superseded", { current: "2" }]);
    assert.equal(await refusalId(accept("2", "0".repeat(64))), "terms_text_differs");
    assert.equal(await refusalId(accept("9", "0".repeat(64))), "record_not_found");
    const { acceptance } = await accept("2");
    assert.deepEqual(
      [acceptance?.partnerId, acceptance?.contactId, acceptance?.contactName],
      [partnerId, contact.id, contact.name],
    );
    await accept("3");
    assert.equal(await refusalId(accept("2")), "terms_already_accepted");
    const operator = terms.accept(
      world.instructor,
      ask(AcceptTermsRequestSchema, { version: "2", textSha256: acceptance?.textSha256 ?? "" }),
    );
    assert.equal(await refusalId(operator), "role_insufficient");
    const { knex } = world.database;
    await assert.rejects(async () => knex("terms_acceptances").update({ contact_name: "x" }), /appended/);
    await assert.rejects(async () => knex("terms_acceptances").delete(), /appended/);
  });

  test("who has not accepted is listed, the terminated aside", async () => {
    await using world = await openWorld(kind);
    const { terms, decisions } = world.administration;
    const accepted = await activePartner(world, "A accepté");
    const waiting = await register(world, "N'a pas accepté");
    const ended = await register(world, "N'est plus");
    const { id, etag } = ended;
    const end = { id, etag, reason: "Fin", body: OperatorBody.MINISTRY };
    await decisions.terminate(world.administrator, ask(TerminatePartnerRequestSchema, end));
    const missing = async (version: string, init: object = {}) =>
      terms.listMissing(ask(ListMissingAcceptancesRequestSchema, { version, ...init }));
    assert.deepEqual((await missing("1")).partners, [
      {
        ...{ partnerId: waiting.id, siret: waiting.siret, name: waiting.name },
        ...{ state: PartnerState.REQUESTED, acceptedVersion: "", dueDate: dayOf(world, 0) },
      },
    ]);
    await publish(world, "2", dayOf(world, 1));
    const first = await missing("2", { pageSize: 1, orderBy: "name desc" });
    const second = await missing("2", { pageSize: 1, orderBy: "name desc", pageToken: first.nextPageToken });
    assert.deepEqual(
      [...first.partners, ...second.partners].map(({ partnerId }) => partnerId),
      [waiting.id, accepted.partner.id],
    );
    assert.equal(await refusalId(missing("9")), "record_not_found");
    // A contact of the terminated partner accepts nothing any more.
    const contact = { actor: { ...accepted.acting.actor }, partnerId: ended.id };
    const request = ask(AcceptTermsRequestSchema, { version: "1", textSha256: "0".repeat(64) });
    assert.equal(await refusalId(terms.accept(contact, request)), "partner_closed");
  });

  test("what a partner accepted last is told, and since when it owes more", async () => {
    await using world = await openWorld(kind);
    const { terms } = world.administration;
    const { partner, acting } = await activePartner(world, "Ancien");
    const acceptedAt = world.clock.now();
    await publish(world, "2", dayOf(world, 10), "# 2\n", false);
    await publish(world, "3", dayOf(world, 20));
    await publish(world, "4", dayOf(world, 30), "# 4\n", false);
    const first = dayOf(world, 20);
    const states = async (version: string) => {
      const request = ask(ListMissingAcceptancesRequestSchema, { version });
      return (await terms.listMissing(request)).partners.map((one) => [
        ...[one.name, one.state, one.acceptedVersion, one.dueDate],
        one.acceptTime && timestampMs(create(TimestampSchema, one.acceptTime)),
      ]);
    };
    const owes = (dueDate: string, state = PartnerState.ACTIVE) => [
      ["Ancien", state, "1", dueDate, acceptedAt],
    ];
    assert.deepEqual(await states("2"), owes(""), "a minor version is not owed");
    assert.deepEqual(await states("3"), owes(first));
    assert.deepEqual(await states("4"), owes(first), "owed since the major one before it");
    world.clock.date += 25 * dayMs;
    const newcomer = await register(world, "Nouveau");
    assert.deepEqual((await states("4"))[1], [
      ...["Nouveau", PartnerState.REQUESTED, "", dayOf(world, 0)],
      undefined,
    ]);
    const { acting: head } = await addContact(world, newcomer.id, "administrative");
    for (const [who, version] of [
      [acting, "4"],
      [head, "3"],
    ] as const) {
      const { textSha256 = "" } = (await terms.get(version)).terms;
      await terms.accept(who, ask(AcceptTermsRequestSchema, { version, textSha256 }));
    }
    const [early] = await states("3");
    assert.deepEqual(early?.slice(0, 4), ["Ancien", PartnerState.ACTIVE, "4", ""], "a later one is enough");
    const [late] = await states("4");
    const whoAsks = ["Nouveau", PartnerState.REQUESTED, "3", dayOf(world, 5)];
    assert.deepEqual(late?.slice(0, 4), whoAsks, "nobody is admitted without the version in force");
    const { id, etag } = partner;
    const suspend = { id, etag, reason: "Essai", body: OperatorBody.MINISTRY };
    await world.administration.decisions.suspend(world.instructor, ask(SuspendPartnerRequestSchema, suspend));
    assert.equal((await states("3"))[0]?.[1], PartnerState.SUSPENDED);
  });

  test("acceptances are listed by version and partner, to contacts their own", async () => {
    await using world = await openWorld(kind);
    const one = await activePartner(world);
    const two = await activePartner(world);
    const list = async (who: typeof one.acting, init: object = {}) =>
      (await world.administration.terms.listAcceptances(who, ask(ListAcceptancesRequestSchema, init)))
        .acceptances;
    assert.equal((await list(world.instructor)).length, 2);
    assert.equal((await list(world.instructor, { version: "1", partnerId: two.partner.id })).length, 1);
    assert.deepEqual(
      (await list(one.acting)).map(({ partnerId }) => partnerId),
      [one.partner.id],
    );
    assert.equal(await refusalId(list(one.acting, { partnerId: two.partner.id })), "record_not_found");
  });

  test("a major version is announced once, from its first instant in Paris", async () => {
    await using world = await openWorld(kind);
    const { terms } = world.administration;
    await publish(world, "1", "2020-07-01");
    await publish(world, "2", dayOf(world, 1), "# 2\n", false);
    await publish(world, "3", dayOf(world, 400));
    const [first, second] = await terms.findUnannounced();
    assert.deepEqual([first?.version, first?.summary, second?.version], ["1", "Version 1.", "3"]);
    assert.equal(first?.effectiveAt, Date.parse("2020-06-30T22:00:00Z"));
    await world.database.knex.transaction((transaction) => terms.markAnnounced(transaction, "1"));
    assert.deepEqual(
      (await terms.findUnannounced()).map(({ version }) => version),
      ["3"],
    );
    await assert.rejects(terms.markAnnounced(world.database.knex, "1"));
  });

  test("the demonstration publishes its terms once, and never beside others", async () => {
    await using world = await openWorld(kind);
    await ensureDemonstrationTerms(world.ledger);
    await ensureDemonstrationTerms(world.ledger);
    const { terms } = await world.administration.terms.list(ask(ListTermsRequestSchema, {}));
    assert.deepEqual(
      terms.map(({ version }) => version),
      ["2026-11"],
    );
    const text = present((await world.administration.terms.get("2026-11")).terms.markdown);
    for (const article of [1, 2, 3, 4, 5, 6]) assert.match(text, new RegExp(`^## Article ${article} `, "m"));
  });
}

function publish(
  { administration, administrator }: AdministrationWorld,
  version: string,
  effectiveDate: string,
  markdown = `# ${version}\n`,
  major = true,
) {
  const summary = `Version ${version}.`;
  const request = { version, effectiveDate, markdown, summary, major, reason: "Essai" };
  return administration.terms.publish(administrator, ask(PublishTermsRequestSchema, request));
}

/** A day counted from the one of the world's clock. */
function dayOf({ clock }: AdministrationWorld, days: number): string {
  return new Date(clock.now() + days * dayMs).toISOString().slice(0, 10);
}
