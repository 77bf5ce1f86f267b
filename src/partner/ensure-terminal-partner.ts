import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import { createId } from "../storage/create-id.ts";
import { findPartnerBySiret, insertPartner, type PartnerRecord } from "./partner-storage.ts";

/**
 * The partner with this SIRET, made active when there is none: whoever sits at the terminal answers for it. Errors:
 * `invalid_request`, for one that is not active.
 */
export async function ensureTerminalPartner(
  { knex, now, version, record }: LedgerTransaction,
  { siret, name }: { readonly siret: string; readonly name: string },
): Promise<PartnerRecord> {
  const known = await findPartnerBySiret(knex, siret);
  if (known !== undefined && known.state !== "active") {
    const description = `is the SIRET of a partner that is ${known.state}`;
    throw serviceError("invalid_request", { violations: [{ field: "partner_siret", description }] });
  }
  if (known !== undefined) return known;
  const partner: PartnerRecord = { ...unverified, id: createId("prt"), siret, name, createdAt: now };
  await insertPartner(knex, partner, version);
  const after = { siret, name, state: partner.state };
  record({ action: "partner.create", subject: partner.id, partnerId: partner.id, after });
  return partner;
}

/** Active, with nothing that an admission would have verified. */
const unverified = {
  state: "active",
  stateReason: undefined,
  stateAt: undefined,
  stateBody: undefined,
  legalCategory: undefined,
  legalText: undefined,
  eligibilityAt: undefined,
  eligibilityBy: undefined,
  franceConnectAt: undefined,
  franceConnectBy: undefined,
  franceConnectClientId: undefined,
  revision: 1,
} as const;
