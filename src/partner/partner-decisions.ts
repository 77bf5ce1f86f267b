// The decisions about a partner's state, each by a body that answers for it (terms, article 5).
import type { Knex } from "knex";
import type { OperatorBodyName } from "../access/person.ts";
import type { Acting } from "../audit/acting.ts";
import type { Ledger, LedgerTransaction } from "../audit/ledger.ts";
import { decidingBody } from "../audit/reach.ts";
import {
  type ActivatePartnerRequest,
  PartnerService,
  type ReinstatePartnerRequest,
  type SuspendPartnerRequest,
  type TerminatePartnerRequest,
} from "../gen/statutetudiant/partner/v1/partner_pb.ts";
import { checkEtag } from "../storage/etag.ts";
import { type ActivationFacts, refuseIncomplete } from "./activation.ts";
import { ownPartner } from "./own-partner.ts";
import { toPartnerMessage } from "./partner-message.ts";
import { nextPartnerState, type PartnerVerb } from "./partner-states.ts";
import { findPartner, type PartnerRecord, updatePartner } from "./partner-storage.ts";

export interface Decision {
  readonly verb: PartnerVerb;
  readonly reason: string;
  readonly body: OperatorBodyName;
}

type DecisionRequest =
  | ActivatePartnerRequest
  | SuspendPartnerRequest
  | ReinstatePartnerRequest
  | TerminatePartnerRequest;

/** Tells the partner's contacts of a decision, in the transaction that stores it. */
export type TellDecision = (
  knex: Knex.Transaction,
  partner: PartnerRecord,
  decision: Decision,
  now: number,
) => Promise<void>;

export interface DecisionParts {
  readonly ledger: Ledger;
  readonly tellDecision: TellDecision;
  readonly activationFacts: (knex: Knex, partner: PartnerRecord) => Promise<ActivationFacts>;
}

const { method } = PartnerService;

export function createPartnerDecisions({ ledger, tellDecision, activationFacts }: DecisionParts) {
  return {
    activate: (acting: Acting, request: ActivatePartnerRequest) =>
      ledger.write(method.activatePartner, request, acting.actor, (transaction) =>
        decide(transaction, acting, request, "activate"),
      ),
    suspend: (acting: Acting, request: SuspendPartnerRequest) =>
      ledger.write(method.suspendPartner, request, acting.actor, (transaction) =>
        decide(transaction, acting, request, "suspend"),
      ),
    reinstate: (acting: Acting, request: ReinstatePartnerRequest) =>
      ledger.write(method.reinstatePartner, request, acting.actor, (transaction) =>
        decide(transaction, acting, request, "reinstate"),
      ),
    terminate: (acting: Acting, request: TerminatePartnerRequest) =>
      ledger.write(method.terminatePartner, request, acting.actor, (transaction) =>
        decide(transaction, acting, request, "terminate"),
      ),
  };

  async function decide(
    transaction: LedgerTransaction,
    acting: Acting,
    request: DecisionRequest,
    verb: PartnerVerb,
  ) {
    const { knex } = transaction;
    const partner = ownPartner(acting, await findPartner(knex, request.id));
    checkEtag(request.etag, partner.revision);
    const body = decidingBody(acting, request.body);
    // What the state forbids is told before what is missing.
    nextPartnerState(verb, partner.state);
    if (verb === "activate") refuseIncomplete(await activationFacts(knex, partner));
    const decision = { verb, reason: request.reason.trim(), body };
    const after = await applyDecision(transaction, partner, decision, tellDecision);
    return { partner: toPartnerMessage(after) };
  }
}

/** Stores a decision, tells the audit log and the partner. Errors: those of `nextPartnerState`, `mail_unsafe`. */
export async function applyDecision(
  transaction: LedgerTransaction,
  partner: PartnerRecord,
  decision: Decision,
  tellDecision: TellDecision,
): Promise<PartnerRecord> {
  const { verb, reason, body } = decision;
  const after: PartnerRecord = {
    ...partner,
    state: nextPartnerState(verb, partner.state),
    stateReason: reason,
    stateAt: transaction.now,
    stateBody: body,
    revision: partner.revision + 1,
  };
  // Before it is stored: a partner whose access has ended is told of nothing any more.
  await tellDecision(transaction.knex, after, decision, transaction.now);
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
