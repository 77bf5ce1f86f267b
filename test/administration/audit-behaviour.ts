import assert from "node:assert/strict";
import { test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { verifyAudit } from "../../src/audit/verify-audit.ts";
import {
  ListAuditEventsRequestSchema,
  VerifyAuditRequestSchema,
} from "../../src/gen/statutetudiant/audit/v1/audit_pb.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import {
  type AdministrationWorld,
  activePartner,
  addContact,
  ask,
  openWorld,
  refusalId,
  register,
} from "./world.ts";

export function testAudit(kind: DatabaseKind): void {
  test("events are filtered by partner, actor, action, subject and time", async () => {
    await using world = await openWorld(kind);
    const { partner, contact } = await activePartner(world);
    const { instructor, clock } = world;
    const later = clock.date + 1000;
    clock.date = later;
    const other = await register(world);
    const find = async (init: object) => (await list(world, init)).events;
    const actions = async (init: object) => (await find(init)).map(({ action }) => action);
    assert.deepEqual(await actions({ partnerId: other.id }), ["partner.register"]);
    assert.deepEqual(await actions({ subject: contact.id }), ["contact.create"]);
    assert.deepEqual(await actions({ actorId: contact.id }), ["terms.accept"]);
    assert.deepEqual(await actions({ action: "partner.activate" }), ["partner.activate"]);
    assert.deepEqual(await actions({ action: "terms." }), ["terms.publish", "terms.accept"]);
    assert.deepEqual(await actions({ action: "%." }), []);
    assert.deepEqual(await actions({ startTime: timestampFromMs(later) }), ["partner.register"]);
    assert.ok(
      !(await actions({ endTime: timestampFromMs(later), actorId: instructor.actor.id })).includes(
        "terms.accept",
      ),
    );
    const [event] = await find({ action: "partner.activate" });
    assert.deepEqual(
      [event?.partnerId, event?.reason, event?.actor?.body, event?.before, event?.after],
      [partner.id, "Essai", "ministry", { state: "requested" }, { state: "active", body: "ministry" }],
    );
  });

  test("pages go on while events come", async () => {
    await using world = await openWorld(kind);
    await activePartner(world);
    for (const orderBy of ["sequence", "sequence desc"]) {
      const seen: bigint[] = [];
      for (let pageToken = ""; ; ) {
        const page = await list(world, { pageSize: 4, pageToken, orderBy });
        seen.push(...page.events.map(({ sequence }) => sequence ?? 0n));
        pageToken = page.nextPageToken;
        if (pageToken === "") break;
        if (seen.length < 12) await register(world);
      }
      const sorted = seen.toSorted((a, b) => Number(a - b));
      assert.deepEqual(orderBy === "sequence" ? seen : seen.toReversed(), sorted);
      assert.equal(new Set(seen).size, seen.length);
    }
  });

  test("contacts read their own partner's events, without other people's addresses", async () => {
    await using world = await openWorld(kind);
    const mine = await activePartner(world);
    const theirs = await activePartner(world);
    const { contact: colleague } = await addContact(world, mine.partner.id, "business");
    const read = async (who: typeof mine.acting, init: object = {}) =>
      (
        await world.administration.auditReading.list(
          who,
          ask(ListAuditEventsRequestSchema, { pageSize: 200, ...init }),
        )
      ).events;
    const events = await read(mine.acting);
    assert.ok(events.length > 5 && events.every(({ partnerId }) => partnerId === mine.partner.id));
    const created = events.filter(({ action }) => action === "contact.create");
    assert.deepEqual(
      created.map(({ subject, after }) => [subject, after?.["name"], after?.["email"]]),
      [
        [mine.contact.id, mine.contact.name, mine.contact.email],
        [colleague.id, colleague.name, undefined],
      ],
    );
    const [full] = (await read(world.instructor, { subject: colleague.id })).map(
      ({ after }) => after?.["email"],
    );
    assert.equal(full, colleague.email);
    assert.equal(await refusalId(read(mine.acting, { partnerId: theirs.partner.id })), "record_not_found");
  });

  test("the chain verifies, whole and from any event on", async () => {
    await using world = await openWorld(kind);
    await activePartner(world);
    const verify = (afterSequence: bigint) =>
      world.administration.auditReading.verify(ask(VerifyAuditRequestSchema, { afterSequence }));
    const whole = await verify(0n);
    assert.deepEqual([whole.brokenSequence, whole.more, whole.checked], [0n, false, whole.lastSequence]);
    const rest = await verify(3n);
    assert.deepEqual([rest.checked, rest.lastHash], [whole.checked - 3n, whole.lastHash]);
    for (const nowhere of [-1n, whole.lastSequence + 1n]) {
      assert.equal(await refusalId(verify(nowhere)), "record_not_found");
    }
    const part = await verifyAudit(world.database.knex, 0, 5);
    assert.deepEqual([part.checked, part.more], [5, true]);
  });

  const forgeries: [string, (world: AdministrationWorld) => Promise<unknown>][] = [
    ["a changed reason", ({ database }) => events(database).where("seq", 4).update({ reason: "Autre" })],
    ["a changed actor", ({ database }) => events(database).where("seq", 4).update({ actor_id: "opr_x" })],
    ["a changed instant", ({ database }) => events(database).where("seq", 4).update({ at: 1 })],
    ["an event that is gone", ({ database }) => events(database).where("seq", 4).delete()],
  ];
  for (const [name, forge] of forgeries) {
    test(`${name} is found, by whoever could edit in spite of the triggers`, async () => {
      await using world = await openWorld(kind);
      await activePartner(world);
      await dropTriggers(world);
      await forge(world);
      const found = await world.administration.auditReading.verify(ask(VerifyAuditRequestSchema, {}));
      assert.equal(found.brokenSequence, 4n);
    });
  }
}

function events({ knex }: AdministrationWorld["database"]) {
  return knex("audit_events");
}

async function dropTriggers({ database: { knex, dialect } }: AdministrationWorld): Promise<void> {
  if (dialect === "postgres") await knex.raw("drop trigger audit_events_edit on audit_events");
  else for (const event of ["update", "delete"]) await knex.raw(`drop trigger audit_events_${event}`);
}

function list({ administration, administrator }: AdministrationWorld, init: object) {
  return administration.auditReading.list(administrator, ask(ListAuditEventsRequestSchema, init));
}
