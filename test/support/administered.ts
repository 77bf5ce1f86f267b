// A database in which people administer procedures and tokens: partners with their contacts, an operator, a clock.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { raiseVersion } from "../../src/access/access-storage.ts";
import type { ContactRoleName } from "../../src/access/person.ts";
import { createProceduresAndTokens } from "../../src/assembly/procedures-and-tokens.ts";
import { type Acting, actingAs } from "../../src/audit/acting.ts";
import { actorOf, systemActor } from "../../src/audit/actor.ts";
import { createLedger } from "../../src/audit/ledger.ts";
import { type ServiceError, ServiceError as ServiceErrorClass } from "../../src/errors.ts";
import {
  ApproveProcedureRequestSchema,
  CreateProcedureRequestSchema,
  type Procedure,
  type ProcedureContentSchema,
  SubmitProcedureRequestSchema,
  UpdateProcedureRequestSchema,
} from "../../src/gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { IssueTokenRequestSchema, type Token } from "../../src/gen/statutetudiant/token/v1/token_pb.ts";
import { insertContact } from "../../src/partner/contact-storage.ts";
import type { Database } from "../../src/storage/database.ts";
import { settableClock } from "../access/sample-access.ts";

export const scopes = ["mesri_admissions", "mesri_identite"];

/** What a write request begins with. */
export const header = () => ({ requestId: randomUUID(), validateOnly: false });

type Content = Extract<MessageInitShape<typeof ProcedureContentSchema>, { readonly $typeName?: never }>;

/** A whole procedure, ready to be submitted. */
export function contentOf(name: string, needed: readonly string[] = scopes): Content {
  return {
    name,
    purpose: "Calculer le tarif réduit des abonnements.",
    legalBasis: "Délibération 2026-12 du conseil municipal.",
    scopes: needed.map((scope) => ({ scope, justification: "Sans lui, le tarif ne peut pas être calculé." })),
    retentionDays: 365,
  };
}

export interface Partner {
  readonly id: string;
  readonly siret: string;
  readonly contacts: Readonly<Record<ContactRoleName, Acting>>;
}

export type Administered = ReturnType<typeof administer>;

let made = 0;

export function administer(database: Database) {
  const clock = settableClock();
  const ledger = createLedger({ database, clock, raiseVersion });
  /** Last uses of tokens, as the journal would count them. */
  const uses = new Map<string, string>();
  const { procedures, tokens } = createProceduresAndTokens({
    ...{ database, ledger, clock },
    lastUses: async () => uses,
  });
  const operator = actingAs({
    ...{ kind: "operator", id: "opr_1", name: "Camille Martin", email: "camille@example.gouv.fr" },
    ...{ role: "instructor", body: "dinum" },
  });
  return {
    ...{ database, clock, ledger, uses, procedures, tokens, operator },

    async partner(): Promise<Partner> {
      made += 1;
      const [id, siret] = [`prt_${made}`, String(made).padStart(14, "0")];
      const createdAt = clock.now();
      const roles = ["administrative", "technical", "data_protection", "business"] as const;
      await ledger.change(systemActor("test"), async ({ knex, version }) => {
        const row = { id, siret, name: `Commune ${made}`, state: "active", created_at: createdAt, version };
        await knex("partners").insert(row);
        for (const role of roles) {
          await insertContact(knex, {
            ...{ kind: "contact", id: `ctc_${made}_${role}`, partnerId: id, name: `Contact ${role}` },
            ...{ email: `${role}@example.fr`, phone: undefined, roles: new Set([role]) },
            ...{ createdAt, updatedAt: createdAt, removedAt: undefined, revision: 1 },
          });
        }
      });
      const actings = roles.map((role) => {
        const person = { kind: "contact", id: `ctc_${made}_${role}`, name: `Contact ${role}` } as const;
        const more = { email: `${role}@example.fr`, partnerId: id, roles: new Set([role]) };
        return [role, { actor: actorOf({ ...person, ...more }), partnerId: id }];
      });
      return { id, siret, contacts: Object.fromEntries(actings) as Partner["contacts"] };
    },

    async setPartnerState(partner: Partner, state: string): Promise<void> {
      await ledger.change(systemActor("test"), async ({ knex, version }) => {
        await knex("partners").where("id", partner.id).update({ state, version });
      });
    },

    async draft(partner: Partner, content: Content): Promise<Procedure> {
      const request = create(CreateProcedureRequestSchema, { ...header(), content });
      return present((await procedures.create(partner.contacts.business, request)).procedure);
    },

    async edit(partner: Partner, { id, etag }: Procedure, content: Content): Promise<Procedure> {
      const request = create(UpdateProcedureRequestSchema, { ...header(), id, etag, content });
      return present((await procedures.update(partner.contacts.business, request)).procedure);
    },

    async submit(partner: Partner, { id, etag }: Procedure): Promise<Procedure> {
      const request = create(SubmitProcedureRequestSchema, { ...header(), id, etag });
      return present((await procedures.submit(partner.contacts.business, request)).procedure);
    },

    async approve({ id, etag }: Procedure, approveCloseness = false): Promise<Procedure> {
      const decision = { id, etag, reason: "Conforme", approveCloseness };
      const request = create(ApproveProcedureRequestSchema, { ...header(), ...decision });
      return present((await procedures.approve(operator, request)).procedure);
    },

    /** A procedure on its whole way, with closeness approved when it declares any. */
    async approved(partner: Partner, content: Content): Promise<Procedure> {
      const submitted = await this.submit(partner, await this.draft(partner, content));
      return this.approve(submitted, content.closeTo !== undefined);
    },

    async issue(
      partner: Partner,
      { id: procedureId }: Procedure,
      more: Partial<MessageInitShape<typeof IssueTokenRequestSchema>> = {},
    ): Promise<{ readonly token: Token; readonly secret: string }> {
      const request = create(IssueTokenRequestSchema, { ...header(), procedureId, ...more } as never);
      const { token, secret } = await tokens.issue(partner.contacts.technical, request);
      return { token: present(token), secret };
    },
  };
}

export function present<T>(value: T | undefined): T {
  return value ?? assert.fail("it is absent");
}

/** What a call is refused with. */
async function refusalOf(call: Promise<unknown>): Promise<ServiceError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof ServiceErrorClass, String(error));
    return error;
  }
  assert.fail("it was not refused");
}

export async function assertRefused(id: ServiceError["id"], call: Promise<unknown>): Promise<ServiceError> {
  const error = await refusalOf(call);
  assert.equal(error.id, id);
  return error;
}
