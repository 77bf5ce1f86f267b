// Breaches as the contract writes them.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { operatorBodies } from "../access/person.ts";
import {
  BreachEntryKind,
  type BreachEntrySchema,
  type BreachSchema,
  BreachSeverity,
  BreachState,
  Commitment,
} from "../gen/statutetudiant/breach/v1/breach_pb.ts";
import { etagOf } from "../storage/etag.ts";
import { type BreachSeverityName, type BreachStateName, isOverdue } from "./breach-states.ts";
import type { BreachRecord, CommitmentName, EntryKindName, EntryRecord } from "./breach-storage.ts";

export const breachStates = {
  recorded: BreachState.RECORDED,
  notified: BreachState.NOTIFIED,
  suspended: BreachState.SUSPENDED,
  remedied: BreachState.REMEDIED,
  closed: BreachState.CLOSED,
} as const satisfies Record<BreachStateName, BreachState>;

export const severities = {
  ordinary: BreachSeverity.ORDINARY,
  serious: BreachSeverity.SERIOUS,
  persistent: BreachSeverity.PERSISTENT,
} as const satisfies Record<BreachSeverityName, BreachSeverity>;

export const commitments = {
  eligibility: Commitment.ELIGIBILITY,
  france_connect: Commitment.FRANCE_CONNECT,
  informing_users: Commitment.INFORMING_USERS,
  authorised_agents: Commitment.AUTHORISED_AGENTS,
  identified_users: Commitment.IDENTIFIED_USERS,
  no_disclosure: Commitment.NO_DISCLOSURE,
  security: Commitment.SECURITY,
  necessary_data: Commitment.NECESSARY_DATA,
  token_use: Commitment.TOKEN_USE,
  own_servers: Commitment.OWN_SERVERS,
} as const satisfies Record<CommitmentName, Commitment>;

const entryKinds = {
  note: BreachEntryKind.NOTE,
  notice: BreachEntryKind.NOTICE,
  answer: BreachEntryKind.ANSWER,
  suspension: BreachEntryKind.SUSPENSION,
  remedy: BreachEntryKind.REMEDY,
  closure: BreachEntryKind.CLOSURE,
} as const satisfies Record<EntryKindName, BreachEntryKind>;

/** `today` is `YYYY-MM-DD` in Europe/Paris. The description is among operators. */
export function toBreachMessage(
  breach: BreachRecord,
  today: string,
  forPartner: boolean,
): MessageInitShape<typeof BreachSchema> {
  return {
    id: breach.id,
    partnerId: breach.partnerId,
    commitment: commitments[breach.commitment],
    severity: severities[breach.severity],
    state: breachStates[breach.state],
    description: forPartner ? "" : breach.description,
    remedyBy: breach.remedyBy,
    overdue: isOverdue(breach, today),
    createTime: timestampFromMs(breach.createdAt),
    etag: etagOf(breach.revision),
  };
}

export function toEntryMessage(entry: EntryRecord): MessageInitShape<typeof BreachEntrySchema> {
  return {
    id: entry.id,
    kind: entryKinds[entry.kind],
    text: entry.text,
    author: entry.authorName,
    ...(entry.body === undefined ? {} : { body: operatorBodies[entry.body] }),
    createTime: timestampFromMs(entry.createdAt),
  };
}
