// Partners as the contract writes them.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { operatorBodies } from "../access/person.ts";
import {
  ActivationRequirement,
  LegalCategory,
  type PartnerSchema,
  PartnerState,
} from "../gen/statutetudiant/partner/v1/partner_pb.ts";
import { etagOf } from "../storage/etag.ts";
import type { ActivationRequirementName } from "./activation.ts";
import type { PartnerStateName } from "./partner-states.ts";
import type { LegalCategoryName, PartnerRecord } from "./partner-storage.ts";

export const partnerStates = {
  requested: PartnerState.REQUESTED,
  active: PartnerState.ACTIVE,
  suspended: PartnerState.SUSPENDED,
  terminated: PartnerState.TERMINATED,
} as const satisfies Record<PartnerStateName, PartnerState>;

export const legalCategories = {
  state: LegalCategory.STATE,
  territorial_authority: LegalCategory.TERRITORIAL_AUTHORITY,
  public_establishment: LegalCategory.PUBLIC_ESTABLISHMENT,
  social_security: LegalCategory.SOCIAL_SECURITY,
  entrusted_body: LegalCategory.ENTRUSTED_BODY,
} as const satisfies Record<LegalCategoryName, LegalCategory>;

const requirements = {
  eligibility: ActivationRequirement.ELIGIBILITY,
  france_connect: ActivationRequirement.FRANCE_CONNECT,
  terms: ActivationRequirement.TERMS,
  technical_contact: ActivationRequirement.TECHNICAL_CONTACT,
  administrative_contact: ActivationRequirement.ADMINISTRATIVE_CONTACT,
} as const satisfies Record<ActivationRequirementName, ActivationRequirement>;

export function toPartnerMessage(
  partner: PartnerRecord,
  missing: readonly ActivationRequirementName[] = [],
): MessageInitShape<typeof PartnerSchema> {
  const { legalCategory } = partner;
  return {
    id: partner.id,
    siret: partner.siret,
    name: partner.name,
    state: partnerStates[partner.state],
    legalCategory: legalCategory === undefined ? LegalCategory.UNSPECIFIED : legalCategories[legalCategory],
    legalText: partner.legalText ?? "",
    ...eligibilityOf(partner),
    ...franceConnectOf(partner),
    ...decisionOf(partner),
    missing: missing.map((name) => requirements[name]),
    createTime: timestampFromMs(partner.createdAt),
    etag: etagOf(partner.revision),
  };
}

function eligibilityOf({ eligibilityAt, eligibilityBy = "" }: PartnerRecord) {
  if (eligibilityAt === undefined) return {};
  return { eligibility: { time: timestampFromMs(eligibilityAt), person: eligibilityBy } };
}

function franceConnectOf({
  franceConnectAt,
  franceConnectBy = "",
  franceConnectClientId = "",
}: PartnerRecord) {
  if (franceConnectAt === undefined) return {};
  const time = timestampFromMs(franceConnectAt);
  return { franceConnect: { time, person: franceConnectBy, clientId: franceConnectClientId } };
}

/** Decisions of the time before bodies were recorded have a reason only. */
function decisionOf({ stateAt, stateReason, stateBody }: PartnerRecord) {
  if (stateReason === undefined) return {};
  return {
    decision: {
      reason: stateReason,
      ...(stateAt === undefined ? {} : { time: timestampFromMs(stateAt) }),
      ...(stateBody === undefined ? {} : { body: operatorBodies[stateBody] }),
    },
  };
}
