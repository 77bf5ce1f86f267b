import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { operatorBodies } from "../access/person.ts";
import {
  type Procedure,
  ProcedureSchema,
  ProcedureState,
} from "../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { etagOf } from "../storage/etag.ts";
import type { ProcedureRecord } from "./procedure-record.ts";
import type { ProcedureState as StateName } from "./procedure-states.ts";

/** The states as they are stored, and as the contract numbers them. */
export const stateNumbers: Readonly<Record<StateName, ProcedureState>> = {
  draft: ProcedureState.DRAFT,
  requested: ProcedureState.REQUESTED,
  changes_requested: ProcedureState.CHANGES_REQUESTED,
  refused: ProcedureState.REFUSED,
  approved: ProcedureState.APPROVED,
  withdrawn: ProcedureState.WITHDRAWN,
  closed: ProcedureState.CLOSED,
};

/** A procedure as the contract tells it. */
export function describeProcedure(record: ProcedureRecord): Procedure {
  const { decision } = record;
  const told: MessageInitShape<typeof ProcedureSchema> = {
    id: record.id,
    partnerId: record.partnerId,
    partnerSiret: record.partnerSiret,
    partnerName: record.partnerName,
    state: stateNumbers[record.state],
    closenessApproved: record.closenessApproved,
    createTime: timestampFromMs(record.createdAt),
    updateTime: timestampFromMs(record.updatedAt),
    etag: etagOf(record.revision),
  };
  if (record.proposal !== undefined) told.proposal = record.proposal;
  if (record.approved !== undefined) told.approved = record.approved;
  if (record.submittedAt !== undefined) told.submitTime = timestampFromMs(record.submittedAt);
  if (decision !== undefined) {
    told.decisionReason = decision.reason;
    told.decisionBody = operatorBodies[decision.body];
    told.decideTime = timestampFromMs(decision.at);
  }
  return create(ProcedureSchema, told);
}
