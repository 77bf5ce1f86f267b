// A contact's address over the network: an operator gives a new one, and the mail that reaches it puts it into force.
import assert from "node:assert/strict";
import { ContactService } from "../../src/gen/statutetudiant/partner/v1/contact_pb.ts";
import { SessionService } from "../../src/gen/statutetudiant/session/v1/session_pb.ts";
import { linkMailedTo } from "../support/mailed.ts";
import { newRequest, refusalOf, signInKnown } from "../support/people-clients.ts";
import type { AdmittedPartner, Cast, World } from "./partner-life.ts";

const contacts = ContactService.method;

/** Moves the technical contact to another address, whose session is then a new one. */
export async function changeAddress(
  { service, client, siret }: World,
  cast: Cast,
  admitted: AdmittedPartner,
): Promise<AdmittedPartner> {
  const { technical, technicalSession, administrative } = admitted;
  const email = `thomas.${client.name.toLowerCase()}.${siret}@example.fr`;
  const give = { ...newRequest(), id: technical.id, etag: technical.etag };
  await assertRefused(
    client.call(contacts.updateContact, { ...give, email: administrative.email }, cast.instructor),
    "CONTACT_EMAIL_TAKEN",
  );
  const asked = await client.call(
    contacts.updateContact,
    { ...give, ...newRequest(), email },
    cast.instructor,
  );
  assert.deepEqual([asked.contact?.email, asked.contact?.pendingEmail], [technical.email, email]);
  await assertRefused(client.call(contacts.confirmContactEmail, { code: "stcod_1" }), "ADDRESS_CODE_INVALID");
  const nobody = await service.statut("login-link", email, "--reason", "Essai");
  assert.match(nobody.stderr, /nobody who may sign in has this address/);
  const link = await linkMailedTo(service, email, "/connexion/adresse");
  const code = new URL(link, service.origin).searchParams.get("code") ?? "";
  assert.equal((await client.call(contacts.confirmContactEmail, { code })).email, email);
  await assertRefused(client.call(SessionService.method.getSession, {}, technicalSession), "SESSION_UNKNOWN");
  const { contact } = await client.call(contacts.getContact, { id: technical.id }, cast.reader);
  assert.deepEqual([contact?.email, contact?.pendingEmail], [email, ""]);
  return {
    ...admitted,
    technical: contact ?? technical,
    technicalSession: await signInKnown(service, client, email),
  };
}

async function assertRefused(call: Promise<unknown>, reason: string): Promise<void> {
  assert.equal((await refusalOf(call)).reason, reason);
}
