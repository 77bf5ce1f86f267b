import type { ServiceImpl } from "@connectrpc/connect";
import { asPerson } from "../audit/as-person.ts";
import type { ProcedureService } from "../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import type { Procedures } from "./procedures.ts";

/** Procedures for whoever is signed in: who may call what stands in the contract. */
export function createProcedureService(procedures: Procedures): ServiceImpl<typeof ProcedureService> {
  return {
    createProcedure: asPerson(procedures.create),
    getProcedure: asPerson(procedures.get),
    listProcedures: asPerson(procedures.list),
    updateProcedure: asPerson(procedures.update),
    submitProcedure: asPerson(procedures.submit),
    approveProcedure: asPerson(procedures.approve),
    requestProcedureChanges: asPerson(procedures.requestChanges),
    refuseProcedure: asPerson(procedures.refuse),
    withdrawProcedure: asPerson(procedures.withdraw),
    closeProcedure: asPerson(procedures.close),
  };
}
