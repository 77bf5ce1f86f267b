// Nobody becomes a partner's contact unseen: whoever answers for it is told, whoever made the contact.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateContactRequestSchema,
  RemoveContactRequestSchema,
  UpdateContactRequestSchema,
} from "../../src/gen/statutetudiant/partner/v1/contact_pb.ts";
import { ContactRole } from "../../src/gen/statutetudiant/rules/v1/roles_pb.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import {
  type AdministrationWorld,
  activePartner,
  addContact,
  ask,
  openWorld,
  present,
  register,
} from "./world.ts";

export function testContactGains(kind: DatabaseKind): void {
  test("administrative contacts are told of a new contact, by whom and with which roles", async () => {
    await using world = await openWorld(kind);
    const { partner, contact: first, acting } = await activePartner(world);
    await addContact(world, (await activePartner(world)).partner.id, "administrative");
    const { contact: added } = await addContact(world, partner.id, "business", "technical");
    assert.deepEqual(await lettersAbout(world, added.id, "contact-added"), [
      { to: first.email, isOwn: false, names: true },
    ]);
    const created = await world.administration.contacts.create(
      acting,
      ask(CreateContactRequestSchema, {
        ...{ partnerId: partner.id, name: "Dominique", email: "dominique@example.fr" },
        roles: [ContactRole.ADMINISTRATIVE],
      }),
    );
    assert.deepEqual(await lettersAbout(world, present(created.contact).id, "contact-added"), [
      { to: first.email, isOwn: true, names: true },
    ]);
  });

  test("they are told of roles that a contact gains, not of those that it loses", async () => {
    await using world = await openWorld(kind);
    const { partner, contact: first } = await activePartner(world);
    const { contact } = await addContact(world, partner.id, "business");
    const update = async (etag: string, change: { roles?: ContactRole[]; phone?: string }) =>
      present(
        (
          await world.administration.contacts.update(
            world.instructor,
            ask(UpdateContactRequestSchema, { id: contact.id, etag, ...change }),
          )
        ).contact,
      );
    const gained = await update(contact.etag, { roles: [ContactRole.ADMINISTRATIVE, ContactRole.BUSINESS] });
    const told = [{ to: first.email, isOwn: false, names: true }];
    assert.deepEqual(await lettersAbout(world, contact.id, "contact-roles"), told);
    const lost = await update(gained.etag, { roles: [ContactRole.BUSINESS] });
    await update(lost.etag, { phone: "+33123456789" });
    assert.deepEqual(await lettersAbout(world, contact.id, "contact-roles"), told);
  });

  test("the first contact is told to nobody, and a number in a name keeps no letter back", async () => {
    await using world = await openWorld(kind);
    const { id: partnerId } = await register(world);
    const { contact: first } = await addContact(world, partnerId, "business");
    assert.deepEqual(await lettersAbout(world, first.id, "contact-added"), []);
    const { contacts } = world.administration;
    const odd = await contacts.create(
      world.instructor,
      ask(CreateContactRequestSchema, {
        ...{ partnerId, name: "Essai 951242368CR", email: "odd@example.fr", roles: [ContactRole.TECHNICAL] },
      }),
    );
    const { id, etag } = present(odd.contact);
    assert.deepEqual(await lettersAbout(world, id, "contact-added"), [
      { to: first.email, isOwn: false, names: false },
    ]);
    await contacts.remove(world.instructor, ask(RemoveContactRequestSchema, { id, etag, reason: "Essai" }));
  });
}

async function lettersAbout({ database }: AdministrationWorld, about: string, kind: string) {
  const rows = await database.knex("mails").select("recipient_address", "text_body").where({ about, kind });
  return rows.map(({ recipient_address: to, text_body: text }) => ({
    ...{ to, isOwn: text.includes("Un contact administratif de votre organisme") },
    names: /^Nom : /mu.test(text),
  }));
}
