// What can be done with a partner but for the decisions about its state (partner-decisions.ts).
import type { Knex } from "knex";
import { nameOf } from "../access/person.ts";
import type { Acting } from "../audit/acting.ts";
import type { Ledger, LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import {
  type DeclareFranceConnectRequest,
  type GetPartnerRequest,
  type ListPartnersRequest,
  PartnerService,
  type RegisterPartnerRequest,
  type UpdatePartnerRequest,
  type VerifyEligibilityRequest,
} from "../gen/statutetudiant/partner/v1/partner_pb.ts";
import { unmailableName } from "../mail/unmailable-name.ts";
import { createId } from "../storage/create-id.ts";
import type { Database } from "../storage/database.ts";
import { checkEtag } from "../storage/etag.ts";
import { finishPage, readPage } from "../storage/page.ts";
import { type ActivationFacts, missingForActivation } from "./activation.ts";
import { ownPartner } from "./own-partner.ts";
import { legalCategories, partnerStates, toPartnerMessage } from "./partner-message.ts";
import { refuseClosed } from "./partner-states.ts";
import {
  emptyPartner,
  findPartner,
  findPartnerBySiret,
  insertPartner,
  type PartnerRecord,
  pagePartners,
  partnerOrders,
  updatePartner,
} from "./partner-storage.ts";

export interface PartnerParts {
  readonly database: Database;
  readonly ledger: Ledger;
  /** What the activation of a partner depends on, as it is now. */
  readonly activationFacts: (knex: Knex, partner: PartnerRecord) => Promise<ActivationFacts>;
  /** Whether a text may not stand in an e-mail. */
  readonly isUnmailable: (text: string) => boolean;
}

const { method } = PartnerService;

export function createPartners({ database, ledger, activationFacts, isUnmailable }: PartnerParts) {
  return {
    register(acting: Acting, request: RegisterPartnerRequest) {
      return ledger.write(method.registerPartner, request, acting.actor, async (transaction) => {
        const { knex, now, version } = transaction;
        refuseUnmailableName(request.name);
        const known = await findPartnerBySiret(knex, request.siret);
        if (known !== undefined) {
          throw serviceError("partner_siret_taken", { metadata: { partner_id: known.id } });
        }
        const partner = newPartner(request, now);
        await insertPartner(knex, partner, version);
        transaction.record({
          action: "partner.register",
          subject: partner.id,
          partnerId: partner.id,
          after: detailsOf(partner),
        });
        return { partner: await describe(knex, partner) };
      });
    },

    async get(acting: Acting, { id }: GetPartnerRequest) {
      const partner = ownPartner(acting, await findPartner(database.knex, id));
      return { partner: await describe(database.knex, partner) };
    },

    async list(request: ListPartnersRequest) {
      const { siret, namePart } = request;
      const filter = { state: nameOf(partnerStates, request.state), siret, namePart };
      const page = readPage(request, partnerOrders, filter);
      const found = await pagePartners(database.knex, filter, page);
      const { rows, nextPageToken } = finishPage(found, page, (partner) => [
        keyOf(partner, page.column),
        partner.id,
      ]);
      return { partners: rows.map((partner) => toPartnerMessage(partner)), nextPageToken };
    },

    update(acting: Acting, request: UpdatePartnerRequest) {
      return ledger.write(method.updatePartner, request, acting.actor, async (transaction) => {
        refuseUnmailableName(request.name);
        const partner = await openForEdit(transaction, acting, request);
        if (acting.partnerId !== undefined && partner.state !== "requested") {
          throw serviceError("partner_details_settled");
        }
        return { partner: await edit(transaction, partner, changesOf(partner, request), "partner.update") };
      });
    },

    declareFranceConnect(acting: Acting, request: DeclareFranceConnectRequest) {
      return ledger.write(method.declareFranceConnect, request, acting.actor, async (transaction) => {
        const partner = await openForEdit(transaction, acting, request);
        const declared = {
          franceConnectAt: transaction.now,
          franceConnectBy: acting.actor.name,
          franceConnectClientId: request.clientId || undefined,
        };
        return { partner: await edit(transaction, partner, declared, "partner.declare_france_connect") };
      });
    },

    verifyEligibility(acting: Acting, request: VerifyEligibilityRequest) {
      return ledger.write(method.verifyEligibility, request, acting.actor, async (transaction) => {
        const partner = await openForEdit(transaction, acting, request);
        refuseUnverifiable(partner);
        const verified = { eligibilityAt: transaction.now, eligibilityBy: acting.actor.name };
        const { reason } = request;
        return {
          partner: await edit(transaction, partner, verified, "partner.verify_eligibility", reason),
        };
      });
    },
  };

  /** Letters about the partner name it. Errors: `invalid_request`. */
  function refuseUnmailableName(name = ""): void {
    if (isUnmailable(name)) throw serviceError("invalid_request", { violations: [unmailableName("name")] });
  }

  async function describe(knex: Knex, partner: PartnerRecord) {
    const missing =
      partner.state === "requested" ? missingForActivation(await activationFacts(knex, partner)) : [];
    return toPartnerMessage(partner, missing);
  }

  /** Stores the changes, and tells the audit log what the details were and are. */
  async function edit(
    transaction: LedgerTransaction,
    partner: PartnerRecord,
    changes: Partial<PartnerRecord>,
    action: string,
    reason?: string,
  ) {
    const after: PartnerRecord = { ...partner, ...changes, revision: partner.revision + 1 };
    await updatePartner(transaction.knex, after, transaction.version);
    transaction.record({
      action,
      subject: partner.id,
      partnerId: partner.id,
      reason,
      before: detailsOf(partner),
      after: detailsOf(after),
    });
    return describe(transaction.knex, after);
  }
}

/** The partner that a request may change. Errors: `record_not_found`, `edit_conflict`, `partner_closed`. */
async function openForEdit(
  { knex }: LedgerTransaction,
  acting: Acting,
  request: { readonly id: string; readonly etag: string },
): Promise<PartnerRecord> {
  const partner = ownPartner(acting, await findPartner(knex, request.id));
  checkEtag(request.etag, partner.revision);
  refuseClosed(partner.state);
  return partner;
}

function newPartner(request: RegisterPartnerRequest, now: number): PartnerRecord {
  return {
    ...emptyPartner,
    id: createId("prt"),
    siret: request.siret,
    name: request.name.trim(),
    state: "requested",
    legalCategory: nameOf(legalCategories, request.legalCategory),
    legalText: request.legalText.trim() || undefined,
    createdAt: now,
  };
}

/** Another category or text was never verified. */
function changesOf(partner: PartnerRecord, request: UpdatePartnerRequest): Partial<PartnerRecord> {
  const legalCategory = nameOf(legalCategories, request.legalCategory ?? 0) ?? partner.legalCategory;
  const legalText = request.legalText?.trim() ?? partner.legalText;
  const isEligibilitySame = legalCategory === partner.legalCategory && legalText === partner.legalText;
  return {
    name: request.name?.trim() ?? partner.name,
    legalCategory,
    legalText,
    ...(isEligibilitySame ? {} : { eligibilityAt: undefined, eligibilityBy: undefined }),
  };
}

/** What is not given cannot be verified. Errors: `eligibility_incomplete`. */
function refuseUnverifiable({ legalCategory, legalText }: PartnerRecord): void {
  const missing = [
    ...(legalCategory === undefined ? ["legal_category"] : []),
    ...(legalText === undefined ? ["legal_text"] : []),
  ];
  if (missing.length === 0) return;
  const metadata = Object.fromEntries(missing.map((field) => [field, "absent"]));
  throw serviceError("eligibility_incomplete", { metadata });
}

/** What the audit log keeps of a partner. */
function detailsOf(partner: PartnerRecord) {
  return {
    siret: partner.siret,
    name: partner.name,
    legalCategory: partner.legalCategory,
    legalText: partner.legalText,
    eligibilityVerified: partner.eligibilityAt !== undefined,
    franceConnectDeclared: partner.franceConnectAt !== undefined,
    franceConnectClientId: partner.franceConnectClientId,
  };
}

function keyOf(partner: PartnerRecord, column: string): string | number {
  if (column === "name") return partner.name;
  return column === "siret" ? partner.siret : partner.createdAt;
}
