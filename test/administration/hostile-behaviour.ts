// Hostile texts in every text field of every method that people call: each is refused by the contract or by a row of
// the table of errors, or stored as what it is. Nothing is ever taken for SQL.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import {
  create,
  type DescField,
  type DescMessage,
  type DescMethodUnary,
  type Message,
  type MessageShape,
} from "@bufbuild/protobuf";
import { createContextValues, type HandlerContext } from "@connectrpc/connect";
import type { Acting } from "../../src/audit/acting.ts";
import { createAuditService } from "../../src/audit/audit-service.ts";
import { verifyAudit } from "../../src/audit/verify-audit.ts";
import { createBreachService } from "../../src/breach/breach-service.ts";
import { ServiceError } from "../../src/errors.ts";
import { AuditService } from "../../src/gen/statutetudiant/audit/v1/audit_pb.ts";
import {
  BreachService,
  BreachSeverity,
  Commitment,
  RecordBreachRequestSchema,
} from "../../src/gen/statutetudiant/breach/v1/breach_pb.ts";
import { OperatorService } from "../../src/gen/statutetudiant/operator/v1/operator_pb.ts";
import { ContactService } from "../../src/gen/statutetudiant/partner/v1/contact_pb.ts";
import {
  GetPartnerRequestSchema,
  PartnerService,
  RegisterPartnerRequestSchema,
} from "../../src/gen/statutetudiant/partner/v1/partner_pb.ts";
import { TermsService } from "../../src/gen/statutetudiant/terms/v1/terms_pb.ts";
import { createOperatorService } from "../../src/operator/operator-service.ts";
import { createContactService } from "../../src/partner/contact-service.ts";
import { createPartnerService } from "../../src/partner/partner-service.ts";
import { callKey, openCall } from "../../src/request/call.ts";
import { createTermsService } from "../../src/terms/terms-service.ts";
import { validateMessage } from "../../src/validation/validate-message.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import { type AdministrationWorld, activePartner, ask, newSiret, openWorld, present } from "./world.ts";

const hostile = [
  "' or '1'='1",
  "'); drop table partners; --",
  '" union select secret_hash from sessions --',
  "$1 ?? :name \\",
  "%_!%",
  "<script>alert(1)</script>",
  "{{7*7}} #{7*7} __proto__",
  "\u202eévil\u200b😀",
  "\0 nul",
  "ligne\r\nX-Header: x",
  "\ud800",
  "a".repeat(100_000),
];

type Method = (request: Message, context: HandlerContext) => unknown;

export function testHostileTexts(kind: DatabaseKind): void {
  test("no text is taken for anything but a text", async () => {
    await using world = await openWorld(kind);
    const { partner, contact } = await activePartner(world);
    const what = {
      ...{ partnerId: partner.id, description: "Fait" },
      ...{ commitment: Commitment.SECURITY, severity: BreachSeverity.SERIOUS },
    };
    const recorded = await world.administration.breaches.record(
      world.instructor,
      ask(RecordBreachRequestSchema, what),
    );
    const ids = { partner: partner.id, contact: contact.id, breach: present(recorded.breach).id };
    let [stored, refused] = [0, 0];
    for (const [methods, implementation, id] of servicesOf(world, ids)) {
      for (const method of methods) {
        for (const field of textFields(method.input)) {
          for (const text of hostile) {
            const request = requestOf(method.input, { id, partnerId: ids.partner }, field, text);
            if (await run(method, implementation, request, contextOf(world.administrator))) stored += 1;
            else refused += 1;
          }
        }
      }
    }
    assert.ok(stored > 100 && refused > 500, `${stored} stored, ${refused} refused`);
    const { brokenSequence } = await verifyAudit(world.database.knex, 0, Number.POSITIVE_INFINITY);
    assert.equal(brokenSequence, 0);
  });

  test("what is stored comes back as it was given", async () => {
    await using world = await openWorld(kind);
    const { partners } = world.administration;
    for (const name of hostile.filter((text) => text.length < 200 && !/[\0\r\ud800]/.test(text))) {
      const request = ask(RegisterPartnerRequestSchema, { siret: newSiret(), name, legalText: name });
      const { partner } = await partners.register(world.instructor, request);
      const get = ask(GetPartnerRequestSchema, { id: partner?.id ?? "" });
      const read = await partners.get(world.instructor, get);
      assert.deepEqual([read.partner.name, read.partner.legalText], [name, name]);
    }
  });
}

/** Whether it was answered; every refusal must be a row of the table, and no failure of ours. */
async function run(
  method: DescMethodUnary,
  implementation: object,
  request: Message,
  context: HandlerContext,
): Promise<boolean> {
  if (validateMessage(method.input, request as MessageShape<DescMessage>).length > 0) return false;
  try {
    await (implementation as Record<string, Method>)[method.localName]?.(request, context);
    return true;
  } catch (error) {
    const about = `${method.name}: ${error}`;
    assert.ok(error instanceof ServiceError, about);
    assert.notEqual(error.row.outcome, "failed", about);
    return false;
  }
}

function servicesOf(
  { administration }: AdministrationWorld,
  ids: { readonly partner: string; readonly contact: string; readonly breach: string },
): [readonly DescMethodUnary[], object, string][] {
  const { partners, decisions, contacts, terms, breaches, operators, auditReading } = administration;
  return [
    [PartnerService.methods, createPartnerService(partners, decisions), ids.partner],
    [ContactService.methods, createContactService(contacts), ids.contact],
    [TermsService.methods, createTermsService(terms), "1"],
    [BreachService.methods, createBreachService(breaches), ids.breach],
    [OperatorService.methods, createOperatorService(operators), "opr_x"],
    [AuditService.methods, createAuditService(auditReading), "evt_x"],
  ] as [readonly DescMethodUnary[], object, string][];
}

function textFields(desc: DescMessage): DescField[] {
  return desc.fields.filter((field) => field.fieldKind === "scalar" && field.scalar === 9);
}

/** Good values for the fields of all requests, by their names. */
const good: Readonly<Record<string, () => unknown>> = {
  requestId: randomUUID,
  etag: () => '"1"',
  reason: () => "Essai",
  siret: newSiret,
  name: () => "Anne Exemple",
  email: () => `a${randomUUID().slice(0, 8)}@example.fr`,
  version: () => "1",
  effectiveDate: () => "2199-01-01",
  remedyBy: () => "2199-01-01",
  markdown: () => "# Titre",
  textSha256: () => "0".repeat(64),
  text: () => "Texte",
  summary: () => "Texte",
  description: () => "Texte",
  roles: () => [1],
};

function requestOf(
  desc: DescMessage,
  ids: { readonly id: string; readonly partnerId: string },
  hostileField: DescField,
  text: string,
): Message {
  const values = desc.fields.map((field) => {
    const name = field.localName;
    if (field === hostileField) return [name, text];
    if (name === "id") return [name, ids.id];
    if (name === "partnerId") return [name, ids.partnerId];
    if (field.fieldKind === "enum") return [name, 1];
    return [name, good[name]?.()];
  });
  const given = values.filter(
    ([name, value]) => value !== undefined && !isFilter(desc, String(name), hostileField),
  );
  return create(desc, Object.fromEntries(given)) as Message;
}

/** Lists get one filter at a time, or nothing would be found. */
function isFilter(desc: DescMessage, name: string, hostileField: DescField): boolean {
  return desc.name.startsWith("List") && name !== hostileField.localName && name !== "partnerId";
}

function contextOf({ actor }: Acting): HandlerContext {
  const { id, name } = actor;
  const call = openCall("request", 0, "127.0.0.1");
  call.signedIn = {
    person: { kind: "operator", id, name, email: "a@example.fr", role: "administrator", body: "ministry" },
    session: { id: "ses_x", expiresAt: 1 },
  };
  const values = createContextValues();
  values.set(callKey, call);
  return { values } as HandlerContext;
}
