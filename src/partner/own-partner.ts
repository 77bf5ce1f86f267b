import { type Acting, ownOnly } from "../audit/acting.ts";
import type { PartnerRecord } from "./partner-storage.ts";

/** The partner, when it is there and whoever acts may reach it. Errors: `record_not_found`. */
export function ownPartner(acting: Acting, partner: PartnerRecord | undefined): PartnerRecord {
  return ownOnly(acting, partner && { ...partner, partnerId: partner.id });
}
