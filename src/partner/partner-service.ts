import type { ServiceImpl } from "@connectrpc/connect";
import { principalOf } from "../audit/principal.ts";
import type { PartnerService } from "../gen/statutetudiant/partner/v1/partner_pb.ts";
import { personOf } from "../request/call.ts";
import type { createPartnerDecisions } from "./partner-decisions.ts";
import type { createPartners } from "./partners.ts";

/** Implements `PartnerService`: who may call what stands in the contract, whose partner it is in the use cases. */
export function createPartnerService(
  partners: ReturnType<typeof createPartners>,
  decisions: ReturnType<typeof createPartnerDecisions>,
): ServiceImpl<typeof PartnerService> {
  const principal = (context: Parameters<typeof personOf>[0]) => principalOf(personOf(context));
  return {
    registerPartner: (request, context) => partners.register(principal(context), request),
    getPartner: (request, context) => partners.get(principal(context), request),
    listPartners: (request) => partners.list(request),
    updatePartner: (request, context) => partners.update(principal(context), request),
    declareFranceConnect: (request, context) => partners.declareFranceConnect(principal(context), request),
    verifyEligibility: (request, context) => partners.verifyEligibility(principal(context), request),
    activatePartner: (request, context) => decisions.activate(principal(context), request),
    suspendPartner: (request, context) => decisions.suspend(principal(context), request),
    reinstatePartner: (request, context) => decisions.reinstate(principal(context), request),
    terminatePartner: (request, context) => decisions.terminate(principal(context), request),
  };
}
