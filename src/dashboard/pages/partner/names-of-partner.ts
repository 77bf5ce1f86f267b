import { ProcedureService } from "../../../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { TokenService } from "../../../gen/statutetudiant/token/v1/token_pb.ts";
import type { Visit } from "../../frame/page.ts";
import { partnerIdOf } from "./own-partner.ts";
import { procedureNames } from "./tokens-page.ts";

/** What the partner's tokens and procedures are called, by identifier. */
export interface NamesOfPartner {
  readonly tokens: ReadonlyMap<string, string>;
  readonly procedures: ReadonlyMap<string, string>;
}

export async function readNames(visit: Visit): Promise<NamesOfPartner> {
  const request = { partnerId: partnerIdOf(visit), pageSize: 200 };
  const [{ tokens }, { procedures }] = await Promise.all([
    visit.call(TokenService.method.listTokens, request),
    visit.call(ProcedureService.method.listProcedures, request),
  ]);
  return {
    tokens: new Map(
      tokens.map((token) => [token.id, `${procedureNames(token)} (${token.id.slice(0, 12)}…)`]),
    ),
    procedures: new Map(
      procedures.map(({ id, approved, proposal }) => [id, approved?.name ?? proposal?.name ?? id]),
    ),
  };
}
