import { findPartner, findPartnerBySiret, type PartnerRecord } from "../partner/partner-storage.ts";
import type { MainDatabase } from "./with-main.ts";

/** The partner that an operator names by its SIRET or its identifier. */
export async function findNamed({ database }: MainDatabase, name: string): Promise<PartnerRecord> {
  const find = name.startsWith("prt_") ? findPartner : findPartnerBySiret;
  const partner = await find(database.knex, name);
  if (partner === undefined)
    throw new Error(`no partner has the SIRET or identifier ${JSON.stringify(name)}`);
  return partner;
}
