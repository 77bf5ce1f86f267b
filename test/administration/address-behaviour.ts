// A contact's new address: it counts when the code that was sent there comes back, and not before, whoever asked.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Acting } from "../../src/audit/acting.ts";
import {
  ConfirmContactEmailRequestSchema,
  type Contact,
  CreateContactRequestSchema,
  GetContactRequestSchema,
  ListContactsRequestSchema,
  RemoveContactRequestSchema,
  UpdateContactRequestSchema,
} from "../../src/gen/statutetudiant/partner/v1/contact_pb.ts";
import { ContactRole } from "../../src/gen/statutetudiant/rules/v1/roles_pb.ts";
import { findContactsByEmail } from "../../src/partner/contact-storage.ts";
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
} from "./world.ts";

const fresh = "nouvelle@example.fr";

export function testAddressChanges(kind: DatabaseKind): void {
  for (const who of ["the contact", "an administrative contact", "an operator"] as const) {
    test(`a new address that ${who} gives counts once it is confirmed`, async () => {
      await using world = await openWorld(kind);
      const { partner, acting } = await activePartner(world);
      const { contact, acting: own } = await addContact(world, partner.id, "business");
      const asking = {
        "the contact": own,
        "an administrative contact": acting,
        "an operator": world.instructor,
      };
      const asked = await askFor(world, asking[who], contact, "Nouvelle@Example.fr");
      assert.deepEqual([asked.email, asked.pendingEmail], [contact.email, fresh]);
      assert.equal((await peopleAt(world, fresh)).length, 0, "it does not sign anybody in");
      assert.equal((await peopleAt(world, contact.email)).length, 1);
      assert.deepEqual(await confirm(world, await codeSentTo(world, fresh)), { email: fresh });
      const after = await read(world, contact.id);
      assert.deepEqual([after.email, after.pendingEmail], [fresh, ""]);
      assert.equal((await peopleAt(world, contact.email)).length, 0);
      assert.equal((await peopleAt(world, fresh))[0]?.id, contact.id);
    });
  }

  test("both addresses are written to, and the code to the new one only", async () => {
    await using world = await openWorld(kind);
    const { contact, acting } = await activePartner(world);
    await askFor(world, acting, contact, fresh);
    const mails = await world.database
      .knex("mails")
      .select("recipient_address", "text_body")
      .where("about", contact.id)
      .orderBy("created_at");
    const told = Object.fromEntries(mails.map((mail) => [mail.recipient_address, mail.text_body]));
    assert.deepEqual(Object.keys(told).toSorted(), [contact.email, fresh].toSorted());
    assert.match(told[fresh], /https:\/\/statut\.example\/connexion\/adresse\?code=stcod_/);
    assert.doesNotMatch(told[contact.email], /stcod_/);
    assert.match(told[contact.email], /autre adresse|nouvelle adresse/i);
    const stored = JSON.stringify(await world.database.knex("address_changes").select());
    const code = await codeSentTo(world, fresh);
    assert.ok(!stored.includes(code) && !stored.includes(Buffer.from(code).toString("base64")));
  });

  test("confirming ends sessions and codes that the former address was sent", async () => {
    await using world = await openWorld(kind);
    const { ledger, sessions } = world;
    const { contact, acting } = await activePartner(world);
    const issue = () =>
      ledger.change(acting.actor, (transaction) => sessions.issueCode(transaction, contact.id, "mail"));
    const { secret } = await sessions.signIn(await issue());
    const unused = await issue();
    await askFor(world, acting, contact, fresh);
    await sessions.authenticate(secret);
    await confirm(world, await codeSentTo(world, fresh));
    assert.equal(await refusalId(sessions.authenticate(secret)), "session_unknown");
    assert.equal(await refusalId(sessions.signIn(unused)), "sign_in_code_invalid");
  });

  test("a confirmation can be repeated, and changes nothing the second time", async () => {
    await using world = await openWorld(kind);
    const { contact, acting } = await activePartner(world);
    await askFor(world, acting, contact, fresh);
    const code = await codeSentTo(world, fresh);
    await Promise.all([confirm(world, code), confirm(world, code)]);
    const { etag } = await read(world, contact.id);
    assert.deepEqual(await confirm(world, code), { email: fresh });
    assert.equal((await read(world, contact.id)).etag, etag);
    const events = await world.database.knex("audit_events").where("action", "contact.confirm_address");
    assert.equal(events.length, 1);
    await askFor(world, acting, await read(world, contact.id), "encore@example.fr");
    await confirm(world, await codeSentTo(world, "encore@example.fr"));
    assert.equal(await refusalId(confirm(world, code)), "address_code_invalid", "it does not come back");
  });

  test("codes that are foreign, cut, past, replaced or given up open nothing", async () => {
    await using world = await openWorld(kind);
    const { ledger, sessions, clock } = world;
    const { contact, acting } = await activePartner(world);
    const signIn = await ledger.change(acting.actor, (transaction) =>
      sessions.issueCode(transaction, contact.id, "mail"),
    );
    await askFor(world, acting, contact, fresh);
    const replaced = await codeSentTo(world, fresh);
    await askFor(world, acting, await read(world, contact.id), "seconde@example.fr");
    const givenUp = await codeSentTo(world, "seconde@example.fr");
    const kept = await askFor(world, acting, await read(world, contact.id), contact.email);
    assert.equal(kept.pendingEmail, "");
    await askFor(world, acting, await read(world, contact.id), "troisieme@example.fr");
    const past = await codeSentTo(world, "troisieme@example.fr");
    for (const code of ["x", signIn, replaced, givenUp, past.slice(0, -1)]) {
      assert.equal(await refusalId(confirm(world, code)), "address_code_invalid");
    }
    assert.equal(await refusalId(sessions.signIn(past)), "sign_in_code_invalid", "it signs nobody in");
    clock.date += dayMs;
    assert.equal(await refusalId(confirm(world, past)), "address_code_invalid");
    const now = await read(world, contact.id);
    assert.deepEqual([now.email, now.pendingEmail], [contact.email, ""]);
  });

  test("an address that somebody else was given meanwhile, and a removed contact, are refused", async () => {
    await using world = await openWorld(kind);
    const { administration, instructor } = world;
    const { partner, acting } = await activePartner(world);
    const { contact } = await addContact(world, partner.id, "business");
    const asked = await askFor(world, acting, contact, fresh);
    const code = await codeSentTo(world, fresh);
    const other = { partnerId: partner.id, name: "Autre", email: fresh, roles: [ContactRole.BUSINESS] };
    const { contact: taken } = await administration.contacts.create(
      instructor,
      ask(CreateContactRequestSchema, other),
    );
    assert.equal(await refusalId(confirm(world, code)), "contact_email_taken");
    await remove(world, taken?.id ?? "", taken?.etag ?? "");
    await remove(world, contact.id, asked.etag);
    assert.equal(await refusalId(confirm(world, code)), "address_code_invalid");
  });

  test("what is only checked sends nothing", async () => {
    await using world = await openWorld(kind);
    const { contact, acting } = await activePartner(world);
    const request = { id: contact.id, etag: contact.etag, email: fresh, validateOnly: true };
    const { contact: tried } = await world.administration.contacts.update(
      acting,
      ask(UpdateContactRequestSchema, request),
    );
    assert.equal(tried?.pendingEmail, fresh);
    assert.equal((await read(world, contact.id)).pendingEmail, "");
    assert.equal((await world.database.knex("mails").select("id").where("about", contact.id)).length, 0);
  });

  test("a partner's contacts are given a bounded number of addresses in a day", async () => {
    await using world = await openWorld(kind);
    const { contact, acting } = await activePartner(world);
    let last = contact;
    for (let index = 0; index < 20; index++) {
      last = await askFor(world, acting, last, `adresse${index}@example.fr`);
    }
    const refused = await refusal(askFor(world, acting, last, "encore@example.fr"));
    assert.deepEqual([refused.id, refused.options.retryAfterMs], ["address_changes_limited", dayMs]);
    world.clock.date += dayMs + 1;
    await askFor(world, acting, last, "encore@example.fr");
  });

  test("an edit of other details keeps the address that waits, and lists show it", async () => {
    await using world = await openWorld(kind);
    const { partner, contact, acting } = await activePartner(world);
    const asked = await askFor(world, acting, contact, fresh);
    const request = { id: contact.id, etag: asked.etag, phone: "+33 1" };
    const { contact: edited } = await world.administration.contacts.update(
      acting,
      ask(UpdateContactRequestSchema, request),
    );
    assert.equal(edited?.pendingEmail, fresh);
    const { contacts } = await world.administration.contacts.list(
      acting,
      ask(ListContactsRequestSchema, { partnerId: partner.id }),
    );
    assert.deepEqual(
      contacts.map(({ pendingEmail }) => pendingEmail),
      [fresh],
    );
    await confirm(world, await codeSentTo(world, fresh));
    assert.equal((await read(world, contact.id)).email, fresh, "an edit in between is no obstacle");
  });
}

async function askFor(
  { administration }: AdministrationWorld,
  acting: Acting,
  { id }: Pick<Contact, "id">,
  email: string,
): Promise<Contact> {
  const { etag = "" } = (await administration.contacts.get(acting, ask(GetContactRequestSchema, { id })))
    .contact;
  const request = ask(UpdateContactRequestSchema, { id, etag, email });
  return present((await administration.contacts.update(acting, request)).contact);
}

function confirm({ administration }: AdministrationWorld, code: string) {
  return administration.contacts.confirmEmail(ask(ConfirmContactEmailRequestSchema, { code }));
}

function peopleAt({ database }: AdministrationWorld, email: string) {
  return findContactsByEmail(database.knex, email);
}

async function read({ administration, instructor }: AdministrationWorld, id: string) {
  const { contact } = await administration.contacts.get(instructor, ask(GetContactRequestSchema, { id }));
  return { ...contact, id, email: contact.email ?? "", etag: contact.etag ?? "" };
}

async function codeSentTo({ database }: AdministrationWorld, address: string): Promise<string> {
  const mail = await database.knex("mails").select("text_body").where("recipient_address", address).first();
  return /code=(stcod_\w+)/.exec(mail?.text_body ?? "")?.[1] ?? "";
}

async function remove({ administration, instructor }: AdministrationWorld, id: string, etag: string) {
  const request = ask(RemoveContactRequestSchema, { id, etag, reason: "Départ" });
  return administration.contacts.remove(instructor, request);
}
