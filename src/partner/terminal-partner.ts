import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import { unmailableNameAtTerminal } from "../mail/unmailable-name.ts";
import { createId } from "../storage/create-id.ts";
import { emptyPartner, findPartnerBySiret, insertPartner, type PartnerRecord } from "./partner-storage.ts";

/**
 * The partner with this SIRET, made active when there is none: whoever sits at the terminal answers for it. Errors:
 * `invalid_request`, for one that is not active and for a new name that no letter could say.
 */
export async function ensureTerminalPartner(
  { knex, now, version, record }: LedgerTransaction,
  wanted: { readonly siret: string; readonly name: string },
  isUnmailable: (text: string) => boolean,
): Promise<PartnerRecord> {
  const known = await findPartnerBySiret(knex, wanted.siret);
  if (known !== undefined && known.state !== "active") {
    const description = `is the SIRET of a partner that is ${known.state}`;
    throw serviceError("invalid_request", { violations: [{ field: "partner_siret", description }] });
  }
  if (known !== undefined) return known;
  if (isUnmailable(wanted.name)) {
    throw serviceError("invalid_request", { violations: [unmailableNameAtTerminal("partner_name")] });
  }
  const partner: PartnerRecord = {
    ...emptyPartner,
    ...{ id: createId("prt"), siret: wanted.siret, name: wanted.name, state: "active", createdAt: now },
  };
  await insertPartner(knex, partner, version);
  const { id: subject } = partner;
  record({ action: "partner.create", subject, partnerId: subject, after: { ...wanted, state: "active" } });
  return partner;
}
