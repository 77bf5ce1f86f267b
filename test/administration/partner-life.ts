// The life of a partner from its request to its termination, as the people who lead it: an instructor and an
// administrator of the ministry, one of the DINUM, and the partner's contacts. Each step first meets the refusals
// that stand before it.
import assert from "node:assert/strict";
import { AuditService } from "../../src/gen/statutetudiant/audit/v1/audit_pb.ts";
import {
  BreachEntryKind,
  BreachService,
  BreachSeverity,
  BreachState,
  Commitment,
} from "../../src/gen/statutetudiant/breach/v1/breach_pb.ts";
import { type Contact, ContactService } from "../../src/gen/statutetudiant/partner/v1/contact_pb.ts";
import {
  LegalCategory,
  type Partner,
  PartnerService,
  PartnerState,
} from "../../src/gen/statutetudiant/partner/v1/partner_pb.ts";
import { ContactRole, OperatorBody } from "../../src/gen/statutetudiant/rules/v1/roles_pb.ts";
import { TermsService } from "../../src/gen/statutetudiant/terms/v1/terms_pb.ts";
import {
  newRequest,
  type PeopleClient,
  refusalOf,
  signInKnown,
  signInOperator,
} from "../support/people-clients.ts";
import type { RunningService } from "../support/service.ts";

export interface World {
  readonly service: RunningService;
  readonly client: PeopleClient;
  /** SIRET of the partner; no other life has it. */
  readonly siret: string;
}

/** The people of a partner's life, by their sessions. */
export interface Cast {
  readonly reader: string;
  readonly instructor: string;
  readonly administrator: string;
  readonly dinum: string;
}

export interface AdmittedPartner {
  readonly partner: Partner;
  readonly administrative: Contact;
  readonly technical: Contact;
  /** Sessions of the two contacts. */
  readonly administrativeSession: string;
  readonly technicalSession: string;
}

const partners = PartnerService.method;
const contacts = ContactService.method;
const terms = TermsService.method;
const breaches = BreachService.method;

export async function signInCast({ service, client, siret }: World): Promise<Cast> {
  const email = (name: string) => `${name}.${client.name.toLowerCase()}.${siret}@example.gouv.fr`;
  return {
    reader: await signInOperator(service, client, email("reader"), "reader"),
    instructor: await signInOperator(service, client, email("instructor"), "instructor"),
    administrator: await signInOperator(service, client, email("administrator"), "administrator"),
    dinum: await signInOperator(service, client, email("dinum"), "administrator", "dinum"),
  };
}

const ministry = OperatorBody.MINISTRY;

/** From the request to the activation. */
export async function admitPartner(world: World, cast: Cast): Promise<AdmittedPartner> {
  const { service, client, siret } = world;
  const asked = { ...newRequest(), siret, name: `Ville d'Exemple ${client.name}` };
  assert.equal(
    (await refusalOf(client.call(partners.registerPartner, asked, cast.reader))).reason,
    "ROLE_INSUFFICIENT",
  );
  const { partner: requested } = await client.call(partners.registerPartner, asked, cast.instructor);
  assert.equal(requested?.state, PartnerState.REQUESTED);
  assert.equal(requested?.missing.length, 5);
  const { id } = requested;
  // The same request again is the same partner; another one with that SIRET is refused.
  const repeated = await client.call(partners.registerPartner, asked, cast.instructor);
  assert.equal(repeated.partner?.id, id);
  await refused(world, partners.registerPartner, { ...asked, ...newRequest() }, cast, "PARTNER_SIRET_TAKEN");
  await refused(world, partners.registerPartner, { ...asked, name: "Autre" }, cast, "REQUEST_ID_REUSED");

  const incomplete = await refusalOf(decide(world, "activate", id, cast.instructor));
  assert.equal(incomplete.reason, "ACTIVATION_INCOMPLETE");
  assert.deepEqual(Object.keys(incomplete.metadata).toSorted(), [
    "administrative_contact",
    "eligibility",
    "france_connect",
    "technical_contact",
    "terms",
  ]);

  const administrative = await addContact(world, cast.instructor, id, "anne", [ContactRole.ADMINISTRATIVE]);
  const administrativeSession = await signInKnown(service, client, administrative.email);
  // Contacts complete the request.
  const technical = await addContact(world, administrativeSession, id, "tom", [ContactRole.TECHNICAL]);
  const technicalSession = await signInKnown(service, client, technical.email);
  await refused(
    world,
    partners.verifyEligibility,
    { ...newRequest(), ...(await edit(world, id, cast)), reason: "Examinée" },
    cast,
    "ELIGIBILITY_INCOMPLETE",
  );
  const details = {
    legalCategory: LegalCategory.TERRITORIAL_AUTHORITY,
    legalText: "Code général des collectivités territoriales, article L. 2121-29",
  };
  const update = { ...newRequest(), ...(await edit(world, id, cast)), ...details };
  await client.call(partners.updatePartner, update, administrativeSession);
  assert.equal(
    (
      await refusalOf(
        client.call(partners.updatePartner, { ...update, ...newRequest() }, administrativeSession),
      )
    ).reason,
    "EDIT_CONFLICT",
  );
  const declaration = { ...newRequest(), ...(await edit(world, id, cast)), clientId: "client" };
  await client.call(partners.declareFranceConnect, declaration, technicalSession);
  await client.call(
    partners.verifyEligibility,
    { ...newRequest(), ...(await edit(world, id, cast)), reason: "Texte et catégorie examinés" },
    cast.instructor,
  );
  await acceptCurrentTerms(world, administrativeSession, technicalSession);

  assert.equal(
    (await refusalOf(decide(world, "activate", id, cast.instructor, OperatorBody.DINUM))).reason,
    "BODY_NOT_YOURS",
  );
  const { partner } = await decide(world, "activate", id, cast.instructor);
  assert.equal(partner?.state, PartnerState.ACTIVE);
  assert.ok(partner);
  return { partner, administrative, technical, administrativeSession, technicalSession };
}

/** From the activation to a breach, its suspension, its remedy and the reinstatement. */
export async function breachAndRemedy(world: World, cast: Cast, admitted: AdmittedPartner): Promise<void> {
  const { client } = world;
  const { partner, technicalSession } = admitted;
  const what = {
    partnerId: partner.id,
    commitment: Commitment.OWN_SERVERS,
    severity: BreachSeverity.ORDINARY,
    description: "Jeton présent dans une application mobile.\nSignalé par un agent.",
  };
  const { breach } = await client.call(breaches.recordBreach, { ...newRequest(), ...what }, cast.instructor);
  const id = breach?.id ?? "";
  const etag = async () =>
    (await client.call(breaches.getBreach, { id }, cast.reader)).breach?.etag ?? assert.fail("no etag");
  const change = async () => ({ ...newRequest(), id, etag: await etag() });
  const reason = "Constaté";

  // The partner was not told: for its contacts there is nothing.
  assert.equal(
    (await refusalOf(client.call(breaches.getBreach, { id }, technicalSession))).reason,
    "RECORD_NOT_FOUND",
  );
  await refused(
    world,
    breaches.remedyBreach,
    { ...(await change()), reason },
    cast,
    "BREACH_REMEDY_RECORDED",
  );
  const suspension = { reason, body: ministry };
  await refused(
    world,
    breaches.suspendForBreach,
    { ...(await change()), ...suspension },
    cast,
    "BREACH_SUSPEND_WITHOUT_NOTICE",
  );
  const notice = { text: "Retirez le jeton de l'application.", remedyBy: "2199-01-31", body: ministry };
  await refused(
    world,
    breaches.giveNotice,
    { ...(await change()), ...notice, remedyBy: "2020-01-01" },
    cast,
    "BREACH_DEADLINE_PAST",
  );
  await client.call(breaches.giveNotice, { ...(await change()), ...notice }, cast.instructor);
  await refused(
    world,
    breaches.giveNotice,
    { ...(await change()), ...notice },
    cast,
    "BREACH_DEADLINE_NOT_LATER",
  );
  await refused(
    world,
    breaches.suspendForBreach,
    { ...(await change()), ...suspension },
    cast,
    "BREACH_SUSPEND_BEFORE_DEADLINE",
  );
  await client.call(breaches.addBreachNote, { ...newRequest(), id, text: "Rappelé." }, cast.instructor);
  await client.call(breaches.answerBreach, { ...newRequest(), id, text: "C'est fait." }, technicalSession);
  const seen = await client.call(breaches.getBreach, { id }, technicalSession);
  assert.deepEqual(
    seen.entries.map(({ kind }) => kind),
    [BreachEntryKind.NOTICE, BreachEntryKind.ANSWER],
  );
  assert.equal(seen.breach?.description, "");

  // It goes on: suspended at once, by the DINUM.
  await client.call(
    breaches.assessBreach,
    { ...(await change()), severity: BreachSeverity.PERSISTENT, reason },
    cast.instructor,
  );
  const suspended = await client.call(
    breaches.suspendForBreach,
    { ...(await change()), reason, body: OperatorBody.DINUM },
    cast.dinum,
  );
  assert.equal(suspended.breach?.state, BreachState.SUSPENDED);
  const { partner: stopped } = await client.call(partners.getPartner, { id: partner.id }, technicalSession);
  assert.deepEqual([stopped?.state, stopped?.decision?.body], [PartnerState.SUSPENDED, OperatorBody.DINUM]);
  await refusedDecision(world, cast, partner.id, "suspend", "PARTNER_SUSPEND_SUSPENDED");
  await refusedDecision(world, cast, partner.id, "activate", "PARTNER_ACTIVATE_SUSPENDED");
  await client.call(breaches.remedyBreach, { ...(await change()), reason }, cast.instructor);
  await refused(world, breaches.closeBreach, { ...(await change()), reason }, cast, "BREACH_CLOSE_REMEDIED");
  const back = await decide(world, "reinstate", partner.id, cast.instructor);
  assert.equal(back.partner?.state, PartnerState.ACTIVE);
  await refusedDecision(world, cast, partner.id, "reinstate", "PARTNER_REINSTATE_ACTIVE");
}

/** Termination is final, and nothing of the partner changes afterwards. */
export async function terminatePartner(world: World, cast: Cast, admitted: AdmittedPartner): Promise<void> {
  const { client } = world;
  const { partner, administrative, administrativeSession } = admitted;
  const { id } = partner;
  assert.equal(
    (await refusalOf(decide(world, "terminate", id, cast.instructor))).reason,
    "ROLE_INSUFFICIENT",
  );
  const ended = await decide(world, "terminate", id, cast.administrator);
  assert.equal(ended.partner?.state, PartnerState.TERMINATED);
  await refusedDecision(world, cast, id, "terminate", "PARTNER_TERMINATE_TERMINATED");
  await refusedDecision(world, cast, id, "reinstate", "PARTNER_REINSTATE_TERMINATED");
  await refusedDecision(world, cast, id, "suspend", "PARTNER_SUSPEND_TERMINATED");
  await refusedDecision(world, cast, id, "activate", "PARTNER_ACTIVATE_TERMINATED");
  const update = {
    ...newRequest(),
    id: administrative.id,
    etag: administrative.etag,
    phone: "+33 1 02 03 04",
  };
  assert.equal(
    (await refusalOf(client.call(contacts.updateContact, update, administrativeSession))).reason,
    "PARTNER_CLOSED",
  );
}

/** What was done is in the log, which verifies; contacts read their partner's part of it. */
export async function readAudit(world: World, cast: Cast, admitted: AdmittedPartner): Promise<void> {
  const { client } = world;
  const { partner, administrativeSession } = admitted;
  const list = { partnerId: partner.id, pageSize: 200 };
  const all = await client.call(AuditService.method.listAuditEvents, list, cast.reader);
  const actions = all.events.map(({ action }) => action).filter((action) => action.startsWith("partner."));
  assert.deepEqual(actions, [
    ...["partner.register", "partner.update", "partner.declare_france_connect"],
    ...["partner.verify_eligibility", "partner.activate", "partner.suspend", "partner.reinstate"],
    "partner.terminate",
  ]);
  const own = await client.call(
    AuditService.method.listAuditEvents,
    { pageSize: 200 },
    administrativeSession,
  );
  assert.ok(own.events.length > 0 && own.events.length < all.events.length);
  assert.ok(own.events.every(({ partnerId }) => partnerId === partner.id));
  assert.ok(own.events.every(({ action }) => !["breach.record", "breach.note"].includes(action)));
  assert.ok(
    !JSON.stringify(own.events.map(({ after }) => after)).includes(`tom.${client.name}`.toLowerCase()),
  );
  const found = await client.call(AuditService.method.verifyAudit, {}, cast.reader);
  assert.deepEqual([found.brokenSequence, found.more], [0n, false]);
  assert.ok(found.checked > 20n);
}

async function acceptCurrentTerms(world: World, session: string, technicalSession: string): Promise<void> {
  const { client } = world;
  const { terms: current } = await client.call(terms.getCurrentTerms, {});
  const { version = "", textSha256 = "", markdown = "" } = current ?? {};
  assert.match(markdown, /^# Conditions/);
  const accept = { ...newRequest(), version, textSha256 };
  assert.equal(
    (await refusalOf(client.call(terms.acceptTerms, accept, technicalSession))).reason,
    "ROLE_INSUFFICIENT",
  );
  const other = { ...accept, textSha256: "0".repeat(64) };
  assert.equal(
    (await refusalOf(client.call(terms.acceptTerms, other, session))).reason,
    "TERMS_TEXT_DIFFERS",
  );
  const { acceptance } = await client.call(terms.acceptTerms, accept, session);
  assert.deepEqual([acceptance?.version, acceptance?.textSha256], [version, textSha256]);
  const again = { ...accept, ...newRequest() };
  assert.equal(
    (await refusalOf(client.call(terms.acceptTerms, again, session))).reason,
    "TERMS_ALREADY_ACCEPTED",
  );
}

async function addContact(
  { client, siret }: World,
  session: string,
  partnerId: string,
  name: string,
  roles: ContactRole[],
): Promise<Contact> {
  const email = `${name}.${client.name.toLowerCase()}.${siret}@example.fr`;
  const request = { ...newRequest(), partnerId, name: `${name} Exemple`, email, roles };
  const { contact } = await client.call(contacts.createContact, request, session);
  assert.ok(contact);
  return contact;
}

/** Identifier and etag of the partner as it is now. */
async function edit({ client }: World, id: string, cast: Cast): Promise<{ id: string; etag: string }> {
  const { partner } = await client.call(partners.getPartner, { id }, cast.reader);
  return { id, etag: partner?.etag ?? assert.fail("no etag") };
}

async function decide(
  { client }: World,
  verb: "activate" | "suspend" | "reinstate" | "terminate",
  id: string,
  session: string,
  body: OperatorBody = ministry,
) {
  const read = await client.call(partners.getPartner, { id }, session);
  const request = { ...newRequest(), id, etag: read.partner?.etag ?? "", reason: "Décidé", body };
  // The four requests are the same but for their names.
  const method = partners[`${verb}Partner`] as typeof partners.activatePartner;
  return client.call(method, request, session);
}

async function refusedDecision(
  world: World,
  cast: Cast,
  id: string,
  verb: "activate" | "suspend" | "reinstate" | "terminate",
  reason: string,
): Promise<void> {
  assert.equal((await refusalOf(decide(world, verb, id, cast.administrator))).reason, reason);
}

async function refused(
  { client }: World,
  method: Parameters<PeopleClient["call"]>[0],
  request: Record<string, unknown>,
  cast: Cast,
  reason: string,
): Promise<void> {
  assert.equal((await refusalOf(client.call(method, request, cast.instructor))).reason, reason);
}
