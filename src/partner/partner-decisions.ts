// The decisions about a partner's state, each by a body that answers for it (terms, article 5).
import type { Knex } from "knex";
import type { OperatorBodyName } from "../access/person.ts";
import type { Ledger, LedgerTransaction } from "../audit/ledger.ts";
import { decidingBody, type Principal, reachable } from "../audit/principal.ts";
import {
  type ActivatePartnerRequest,
  PartnerService,
  type ReinstatePartnerRequest,
  type SuspendPartnerRequest,
  type TerminatePartnerRequest,
} from "../gen/statutetudiant/partner/v1/partner_pb.ts";
import { checkEtag } from "../storage/etag.ts";
import { type ActivationFacts, refuseIncomplete } from "./activation.ts";
import { toPartnerMessage } from "./partner-message.ts";
import { nextPartnerState, type PartnerVerb } from "./partner-states.ts";
import { findPartner, type PartnerRecord, updatePartner } from "./partner-storage.ts";

interface Decision {
  readonly verb: PartnerVerb;
  readonly reason: string;
  readonly body: OperatorBodyName;
}

type DecisionRequest =
  | ActivatePartnerRequest
  | SuspendPartnerRequest
  | ReinstatePartnerRequest
  | TerminatePartnerRequest;

export interface DecisionParts {
  readonly ledger: Ledger;
  readonly activationFacts: (knex: Knex, partner: PartnerRecord) => Promise<ActivationFacts>;
}

const { method } = PartnerService;

export function createPartnerDecisions({ ledger, activationFacts }: DecisionParts) {
  return {
    activate: (principal: Principal, request: ActivatePartnerRequest) =>
      ledger.write(method.activatePartner, request, principal.actor, (transaction) =>
        decide(transaction, principal, request, "activate"),
      ),
    suspend: (principal: Principal, request: SuspendPartnerRequest) =>
      ledger.write(method.suspendPartner, request, principal.actor, (transaction) =>
        decide(transaction, principal, request, "suspend"),
      ),
    reinstate: (principal: Principal, request: ReinstatePartnerRequest) =>
      ledger.write(method.reinstatePartner, request, principal.actor, (transaction) =>
        decide(transaction, principal, request, "reinstate"),
      ),
    terminate: (principal: Principal, request: TerminatePartnerRequest) =>
      ledger.write(method.terminatePartner, request, principal.actor, (transaction) =>
        decide(transaction, principal, request, "terminate"),
      ),
  };

  async function decide(
    transaction: LedgerTransaction,
    principal: Principal,
    request: DecisionRequest,
    verb: PartnerVerb,
  ) {
    const { knex } = transaction;
    const partner = reachable(principal, await findPartner(knex, request.id), (found) => found.id);
    checkEtag(request.etag, partner.revision);
    const body = decidingBody(principal, request.body);
    // What the state forbids is told before what is missing.
    nextPartnerState(verb, partner.state);
    if (verb === "activate") refuseIncomplete(await activationFacts(knex, partner));
    const after = await applyDecision(transaction, partner, { verb, reason: request.reason.trim(), body });
    return { partner: toPartnerMessage(after) };
  }
}

/** Stores a decision and tells the audit log. Errors: those of `nextPartnerState`. */
export async function applyDecision(
  transaction: LedgerTransaction,
  partner: PartnerRecord,
  { verb, reason, body }: Decision,
): Promise<PartnerRecord> {
  const after: PartnerRecord = {
    ...partner,
    state: nextPartnerState(verb, partner.state),
    stateReason: reason,
    stateAt: transaction.now,
    stateBody: body,
    revision: partner.revision + 1,
  };
  await updatePartner(transaction.knex, after, transaction.version);
  transaction.record({
    action: `partner.${verb}`,
    subject: partner.id,
    partnerId: partner.id,
    reason,
    before: { state: partner.state },
    after: { state: after.state, body },
  });
  return after;
}
