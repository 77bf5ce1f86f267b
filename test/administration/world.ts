// What people administer, in one process on a database of its own, with a clock that the test sets.
import { randomUUID } from "node:crypto";
import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { raiseVersion } from "../../src/access/access-storage.ts";
import { type ContactRoleName, contactRoles, type OperatorRoleName } from "../../src/access/person.ts";
import { type Administration, createAdministration } from "../../src/assembly/administration.ts";
import { findPerson } from "../../src/assembly/find-person.ts";
import { createOutboxes } from "../../src/assembly/outboxes.ts";
import { type Acting, actingAs } from "../../src/audit/acting.ts";
import { createLedger, type Ledger } from "../../src/audit/ledger.ts";
import { ServiceError } from "../../src/errors.ts";
import {
  type Contact,
  CreateContactRequestSchema,
} from "../../src/gen/statutetudiant/partner/v1/contact_pb.ts";
import {
  ActivatePartnerRequestSchema,
  DeclareFranceConnectRequestSchema,
  LegalCategory,
  type Partner,
  RegisterPartnerRequestSchema,
  VerifyEligibilityRequestSchema,
} from "../../src/gen/statutetudiant/partner/v1/partner_pb.ts";
import { OperatorBody } from "../../src/gen/statutetudiant/rules/v1/roles_pb.ts";
import {
  AcceptTermsRequestSchema,
  PublishTermsRequestSchema,
} from "../../src/gen/statutetudiant/terms/v1/terms_pb.ts";
import { createMailStorage, type MailRecord, mailOrders } from "../../src/mail/mail-storage.ts";
import { createOperator } from "../../src/operator/create-operator.ts";
import { createSessions, type Sessions } from "../../src/session/session.ts";
import type { Database } from "../../src/storage/database.ts";
import { readPage } from "../../src/storage/page.ts";
import { settableClock } from "../access/sample-access.ts";
import type { DatabaseKind } from "../support/both-databases.ts";

export interface AdministrationWorld extends AsyncDisposable {
  readonly database: Database;
  readonly clock: ReturnType<typeof settableClock>;
  readonly ledger: Ledger;
  readonly sessions: Sessions;
  readonly administration: Administration;
  /** An instructor and an administrator of the ministry, and an administrator of the DINUM. */
  readonly instructor: Acting;
  readonly administrator: Acting;
  readonly dinum: Acting;
}

export const dayMs = 86_400_000;

export async function openWorld(kind: DatabaseKind): Promise<AdministrationWorld> {
  const fresh = await kind.open();
  const { database } = fresh;
  const clock = settableClock();
  const ledger = createLedger({ database, clock, raiseVersion });
  const sessions = createSessions({ database, clock, ledger, findPerson });
  const outboxes = createOutboxes({ MAIL_FROM: "Statut <ne-pas-repondre@statut.example>" }, clock);
  const operator = (role: OperatorRoleName, body: "ministry" | "dinum") =>
    ledger.change({ kind: "terminal", id: "root", name: "root", body: "service" }, async (transaction) => {
      const email = `${role}.${body}@example.gouv.fr`;
      return actingAs(await createOperator(transaction, { name: `Un ${role}`, email, role, body }));
    });
  const origin = () => "https://statut.example";
  return {
    ...{ database, clock, ledger, sessions },
    administration: createAdministration({ database, ledger, sessions, clock, ...outboxes, origin }),
    instructor: await operator("instructor", "ministry"),
    administrator: await operator("administrator", "ministry"),
    dinum: await operator("administrator", "dinum"),
    [Symbol.asyncDispose]: () => fresh[Symbol.asyncDispose](),
  };
}

/** The e-mails about something, in the order in which they were stored. */
export async function mailsAbout({ database }: AdministrationWorld, about: string): Promise<MailRecord[]> {
  const page = readPage({ pageSize: 200, pageToken: "", orderBy: "" }, mailOrders);
  return (await createMailStorage(database).list({ states: [], about }, page)).rows;
}

/** A request with an identifier of its own. */
export function ask<Desc extends DescMessage>(
  schema: Desc,
  init: MessageInitShape<Desc>,
): MessageShape<Desc> {
  return create(schema, { requestId: randomUUID(), ...(init as object) } as object as MessageInitShape<Desc>);
}

/** The row of the table that a refused use case raises; fails when it answers, or with another error. */
export async function refusal(work: Promise<unknown>): Promise<ServiceError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

/** As `refusal`, its identifier. */
export async function refusalId(work: Promise<unknown>): Promise<string> {
  return (await refusal(work)).id;
}

let made = 0;

/** A SIRET of its own, with a right check digit. */
export function newSiret(): string {
  made += 1;
  const body = `99${String(made).padStart(11, "0")}`;
  const sum = [...body].map(Number).reduce((total, digit, index) => {
    const weighted = index % 2 === 0 ? digit * 2 : digit;
    return total + (weighted > 9 ? weighted - 9 : weighted);
  }, 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

export async function register(
  { administration, instructor }: AdministrationWorld,
  name = "Ville d'Exemple",
  siret = newSiret(),
): Promise<Partner> {
  const request = ask(RegisterPartnerRequestSchema, {
    ...{ siret, name },
    legalCategory: LegalCategory.TERRITORIAL_AUTHORITY,
    legalText: "CGCT, article L. 2121-29",
  });
  return present((await administration.partners.register(instructor, request)).partner);
}

/** A contact, and how it acts. */
export async function addContact(
  { administration, instructor }: AdministrationWorld,
  partnerId: string,
  ...roles: ContactRoleName[]
): Promise<{ readonly contact: Contact; readonly acting: Acting }> {
  made += 1;
  const request = ask(CreateContactRequestSchema, {
    ...{ partnerId, name: `Contact ${"abcdefghij"[made % 10]}`, email: `contact${made}@example.fr` },
    roles: roles.map((role) => contactRoles[role]),
  });
  const contact = present((await administration.contacts.create(instructor, request)).contact);
  const actor = { kind: "contact", id: contact.id, name: contact.name, body: "partner" } as const;
  return { contact, acting: { actor, partnerId } };
}

/** An active partner with one contact who is everything. */
export async function activePartner(world: AdministrationWorld, name?: string) {
  const { administration, instructor } = world;
  const { partners, decisions, terms } = administration;
  const { id } = await register(world, name);
  const { contact, acting } = await addContact(world, id, "administrative", "technical");
  const { terms: current } = await ensureTerms(world);
  const { version = "", textSha256 = "" } = current;
  await terms.accept(acting, ask(AcceptTermsRequestSchema, { version, textSha256 }));
  const etag = async () => (await partners.get(instructor, { id } as never)).partner.etag ?? "";
  const change = async () => ({ id, etag: await etag(), reason: "Essai" });
  await partners.declareFranceConnect(instructor, ask(DeclareFranceConnectRequestSchema, await change()));
  await partners.verifyEligibility(instructor, ask(VerifyEligibilityRequestSchema, await change()));
  const activate = { ...(await change()), body: OperatorBody.MINISTRY };
  const { partner } = await decisions.activate(instructor, ask(ActivatePartnerRequestSchema, activate));
  return { partner: present(partner), contact, acting };
}

async function ensureTerms({ administration, administrator }: AdministrationWorld) {
  if ((await administration.terms.findUnannounced()).length === 0) {
    await administration.terms.publish(
      administrator,
      ask(PublishTermsRequestSchema, {
        ...{ version: "1", effectiveDate: "2020-01-01", major: true, markdown: "# Un\n" },
        ...{ summary: "Début.", reason: "Essai" },
      }),
    );
  }
  return administration.terms.current(undefined);
}

export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("it is not there");
  return value;
}
