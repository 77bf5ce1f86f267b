import type { FindClientOwner } from "../access/register-france-connect-client.ts";
import { findPartnerBySiret } from "../partner/partner-storage.ts";
import { findProcedureFacts } from "../procedure/procedure-facts.ts";
import { findProcedureByName } from "../procedure/procedure-storage.ts";

export const findClientOwner: FindClientOwner = async (knex, siret, procedureName) => {
  const partner = await findPartnerBySiret(knex, siret);
  const procedure = partner && (await findProcedureByName(knex, partner.id, procedureName));
  const facts = procedure && (await findProcedureFacts(knex, procedure.id));
  return { partnerId: partner?.id, procedureId: procedure?.id, approvedScopes: facts?.approvedScopes };
};
