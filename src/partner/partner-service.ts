import type { ServiceImpl } from "@connectrpc/connect";
import { asPerson } from "../audit/as-person.ts";
import type { PartnerService } from "../gen/statutetudiant/partner/v1/partner_pb.ts";
import type { createPartnerDecisions } from "./partner-decisions.ts";
import type { createPartners } from "./partners.ts";

/** Implements `PartnerService`: who may call what stands in the contract, whose partner it is in the use cases. */
export function createPartnerService(
  partners: ReturnType<typeof createPartners>,
  decisions: ReturnType<typeof createPartnerDecisions>,
): ServiceImpl<typeof PartnerService> {
  return {
    registerPartner: asPerson(partners.register),
    getPartner: asPerson(partners.get),
    listPartners: (request) => partners.list(request),
    updatePartner: asPerson(partners.update),
    declareFranceConnect: asPerson(partners.declareFranceConnect),
    verifyEligibility: asPerson(partners.verifyEligibility),
    activatePartner: asPerson(decisions.activate),
    suspendPartner: asPerson(decisions.suspend),
    reinstatePartner: asPerson(decisions.reinstate),
    terminatePartner: asPerson(decisions.terminate),
  };
}
