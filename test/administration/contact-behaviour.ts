import assert from "node:assert/strict";
import { test } from "node:test";
import type { Acting } from "../../src/audit/acting.ts";
import {
  CreateContactRequestSchema,
  GetContactRequestSchema,
  ListContactsRequestSchema,
  RemoveContactRequestSchema,
  UpdateContactRequestSchema,
} from "../../src/gen/statutetudiant/partner/v1/contact_pb.ts";
import {
  GetPartnerRequestSchema,
  TerminatePartnerRequestSchema,
} from "../../src/gen/statutetudiant/partner/v1/partner_pb.ts";
import { ContactRole, OperatorBody } from "../../src/gen/statutetudiant/rules/v1/roles_pb.ts";
import { maxContacts } from "../../src/partner/contact-rules.ts";
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

export function testContacts(kind: DatabaseKind): void {
  test("an address belongs to one contact of a partner, until it goes", async () => {
    await using world = await openWorld(kind);
    const { contacts } = world.administration;
    const { id: partnerId } = await register(world);
    const { id: otherPartner } = await register(world);
    const named = (partner: string, email: string) =>
      contacts.create(
        world.instructor,
        ask(CreateContactRequestSchema, {
          ...{ partnerId: partner, name: "Anne", email },
          roles: [ContactRole.BUSINESS, ContactRole.TECHNICAL, ContactRole.BUSINESS],
        }),
      );
    const { contact } = await named(partnerId, "Anne@Example.fr");
    assert.equal(contact?.email, "anne@example.fr");
    assert.deepEqual(contact?.roles, [ContactRole.TECHNICAL, ContactRole.BUSINESS]);
    assert.equal(await refusalId(named(partnerId, "ANNE@example.FR")), "contact_email_taken");
    await named(otherPartner, "anne@example.fr");
    const second = await addContact(world, partnerId, "technical");
    const rename = ask(UpdateContactRequestSchema, {
      ...{ id: second.contact.id, etag: second.contact.etag, email: "anne@EXAMPLE.fr" },
    });
    assert.equal(await refusalId(contacts.update(world.instructor, rename)), "contact_email_taken");
    await remove(world, world.instructor, contact?.id ?? "", contact?.etag ?? "");
    await named(partnerId, "anne@example.fr");
  });

  test("a removed contact is gone, its sessions with it", async () => {
    await using world = await openWorld(kind);
    const { ledger, sessions, instructor, administration } = world;
    const { id: partnerId } = await register(world);
    const { contact } = await addContact(world, partnerId, "technical");
    const code = await ledger.change(instructor.actor, (transaction) =>
      sessions.issueCode(transaction, contact.id, "terminal"),
    );
    const { secret } = await sessions.signIn(code);
    await sessions.authenticate(secret);
    await remove(world, instructor, contact.id, contact.etag);
    assert.equal(await refusalId(sessions.authenticate(secret)), "session_unknown");
    const get = ask(GetContactRequestSchema, { id: contact.id });
    assert.equal(await refusalId(administration.contacts.get(instructor, get)), "record_not_found");
    assert.equal(await refusalId(remove(world, instructor, contact.id, '"2"')), "record_not_found");
    const row = await world.database.knex("sessions").whereNotNull("ended_at").first();
    assert.equal(row.holder_id, contact.id);
  });

  test("an active partner keeps an administrative and a technical contact", async () => {
    await using world = await openWorld(kind);
    const { contacts } = world.administration;
    const { partner, contact, acting } = await activePartner(world);
    assert.equal(
      await refusalId(remove(world, acting, contact.id, contact.etag)),
      "last_administrative_contact",
    );
    const { contact: second } = await addContact(world, partner.id, "administrative");
    assert.equal(await refusalId(remove(world, acting, contact.id, contact.etag)), "last_technical_contact");
    const lessRoles = { id: contact.id, etag: contact.etag, roles: [ContactRole.ADMINISTRATIVE] };
    assert.equal(
      await refusalId(contacts.update(acting, ask(UpdateContactRequestSchema, lessRoles))),
      "last_technical_contact",
    );
    await addContact(world, partner.id, "technical");
    await remove(world, acting, contact.id, contact.etag);
    assert.equal(
      await refusalId(remove(world, world.instructor, second.id, second.etag)),
      "last_administrative_contact",
    );
  });

  test("two last contacts who remove each other at once do not both go", async () => {
    await using world = await openWorld(kind);
    const { partner, contact } = await activePartner(world);
    const { contact: second } = await addContact(world, partner.id, "administrative", "technical");
    const ended = await Promise.allSettled([
      remove(world, world.instructor, contact.id, contact.etag),
      remove(world, world.instructor, second.id, second.etag),
    ]);
    assert.deepEqual(ended.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
  });

  test("whoever was removed meanwhile names and removes nobody any more", async () => {
    await using world = await openWorld(kind);
    const { partner, contact } = await activePartner(world);
    const { contact: gone, acting } = await addContact(world, partner.id, "administrative");
    await remove(world, world.instructor, gone.id, gone.etag);
    const named = {
      partnerId: partner.id,
      name: "Complice",
      email: "complice@example.fr",
      roles: [ContactRole.ADMINISTRATIVE],
    };
    const attempts = [
      world.administration.contacts.create(acting, ask(CreateContactRequestSchema, named)),
      remove(world, acting, contact.id, contact.etag),
    ];
    for (const refused of await Promise.all(attempts.map(refusalId)))
      assert.equal(refused, "contact_not_yours");
  });

  test("contacts keep their own details, administrative ones everybody's", async () => {
    await using world = await openWorld(kind);
    const { contacts } = world.administration;
    const { partner, contact, acting } = await activePartner(world);
    const { contact: other, acting: asOther } = await addContact(world, partner.id, "business");
    const update = (who: Acting, init: object) => contacts.update(who, ask(UpdateContactRequestSchema, init));
    const own = { id: other.id, etag: other.etag };
    const { contact: renamed } = await update(asOther, { ...own, name: "Autre Nom", phone: "+33 1 23 45" });
    assert.deepEqual(
      [renamed?.name, renamed?.phone, renamed?.roles],
      ["Autre Nom", "+33 1 23 45", other.roles],
    );
    const now = { id: other.id, etag: renamed?.etag ?? "" };
    assert.equal(
      await refusalId(update(asOther, { ...now, roles: [ContactRole.ADMINISTRATIVE] })),
      "contact_roles_not_yours",
    );
    const foreign = { id: contact.id, etag: contact.etag, email: "mine@example.fr" };
    assert.equal(await refusalId(update(asOther, foreign)), "contact_not_yours");
    const { contact: promoted } = await update(acting, { ...now, phone: "", roles: [ContactRole.TECHNICAL] });
    assert.deepEqual([promoted?.phone, promoted?.roles], ["", [ContactRole.TECHNICAL]]);
    assert.equal(await refusalId(update(acting, { ...now, name: "Ancien" })), "edit_conflict");
  });

  test("whoever was removed meanwhile changes nobody any more", async () => {
    await using world = await openWorld(kind);
    const { partner, contact } = await activePartner(world);
    const { contact: gone, acting } = await addContact(world, partner.id, "administrative");
    await remove(world, world.instructor, gone.id, gone.etag);
    const edit = { id: contact.id, etag: contact.etag, name: "Pris" };
    assert.equal(
      await refusalId(world.administration.contacts.update(acting, ask(UpdateContactRequestSchema, edit))),
      "contact_not_yours",
    );
  });

  test("a partner has a bounded number of contacts", async () => {
    await using world = await openWorld(kind);
    const { id } = await register(world);
    for (let index = 0; index < maxContacts; index++) await addContact(world, id, "business");
    assert.equal(await refusalId(addContact(world, id, "business")), "contacts_limited");
  });

  test("contacts are listed in pages, by role", async () => {
    await using world = await openWorld(kind);
    const { id: partnerId } = await register(world);
    for (let index = 0; index < 5; index++) {
      await addContact(world, partnerId, index % 2 === 0 ? "technical" : "data_protection");
    }
    const list = (init: object) =>
      world.administration.contacts.list(
        world.instructor,
        ask(ListContactsRequestSchema, { partnerId, ...init }),
      );
    const first = await list({ pageSize: 3 });
    const second = await list({ pageSize: 3, pageToken: first.nextPageToken });
    assert.deepEqual([first.contacts.length, second.contacts.length, second.nextPageToken], [3, 2, ""]);
    assert.equal((await list({ role: ContactRole.TECHNICAL })).contacts.length, 3);
    assert.equal(
      (await list({ role: ContactRole.DATA_PROTECTION, orderBy: "create_time desc" })).contacts.length,
      2,
    );
    assert.equal((await list({ role: ContactRole.BUSINESS })).contacts.length, 0);
  });

  test("another partner's people and file are not there", async () => {
    await using world = await openWorld(kind);
    const { contacts, partners } = world.administration;
    const mine = await activePartner(world);
    const theirs = await activePartner(world);
    const { id, etag } = theirs.contact;
    const partnerId = theirs.partner.id;
    const email = "spy@example.fr";
    const attempts = [
      contacts.get(mine.acting, ask(GetContactRequestSchema, { id })),
      contacts.list(mine.acting, ask(ListContactsRequestSchema, { partnerId })),
      contacts.update(mine.acting, ask(UpdateContactRequestSchema, { id, etag, email })),
      remove(world, mine.acting, id, etag),
      contacts.create(
        mine.acting,
        ask(CreateContactRequestSchema, { partnerId, name: "Espion", email, roles: [1] }),
      ),
      partners.get(mine.acting, ask(GetPartnerRequestSchema, { id: partnerId })),
    ];
    for (const refused of await Promise.all(attempts.map(refusalId))) {
      assert.equal(refused, "record_not_found");
    }
  });

  test("nothing of a terminated partner changes", async () => {
    await using world = await openWorld(kind);
    const { administration, administrator } = world;
    const { partner, contact, acting } = await activePartner(world);
    const end = { id: partner.id, etag: partner.etag, reason: "Fin", body: OperatorBody.MINISTRY };
    await administration.decisions.terminate(administrator, ask(TerminatePartnerRequestSchema, end));
    const edit = { id: contact.id, etag: contact.etag, name: "Nom" };
    const attempts = [
      addContact(world, partner.id, "technical"),
      administration.contacts.update(acting, ask(UpdateContactRequestSchema, edit)),
      remove(world, acting, contact.id, contact.etag),
    ];
    for (const refused of await Promise.all(attempts.map(refusalId))) assert.equal(refused, "partner_closed");
  });
}

function remove({ administration }: AdministrationWorld, acting: Acting, id: string, etag: string) {
  const request = ask(RemoveContactRequestSchema, { id, etag, reason: "Départ" });
  return administration.contacts.remove(acting, request);
}
