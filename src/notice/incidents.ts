// Incidents: opened, updated, resolved; each step is told to those who should know, in the transaction that makes it.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Actor } from "../audit/actor.ts";
import type { Ledger, LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import {
  NoticeService,
  type OpenIncidentRequest,
  type OpenIncidentResponse,
  type ResolveIncidentRequest,
  type ResolveIncidentResponse,
  type UpdateIncidentRequest,
  type UpdateIncidentResponse,
} from "../gen/statutetudiant/notice/v1/notice_pb.ts";
import { createId } from "../storage/create-id.ts";
import { checkEtag } from "../storage/etag.ts";
import { found } from "../storage/found.ts";
import { describeIncident } from "./describe-notice.ts";
import { type IncidentStep, incidentLetter } from "./incident-letter.ts";
import { findIncident, type IncidentRecord, saveIncident } from "./incident-storage.ts";
import { type Telling, tell } from "./tell.ts";
import { incidentImpacts, incidentStates, nameIn, serviceParts } from "./words.ts";

export interface Incidents {
  open(request: OpenIncidentRequest, actor: Actor): Promise<OpenIncidentResponse>;
  update(request: UpdateIncidentRequest, actor: Actor): Promise<UpdateIncidentResponse>;
  resolve(request: ResolveIncidentRequest, actor: Actor): Promise<ResolveIncidentResponse>;
}

/** What writes notices needs. */
export interface NoticeParts extends Telling {
  readonly ledger: Ledger;
}

export function createIncidents(parts: NoticeParts): Incidents {
  const { ledger } = parts;
  const { method } = NoticeService;
  return {
    open: (request, actor) =>
      ledger.write(method.openIncident, request, actor, async (transaction) => {
        const { now } = transaction;
        const startedAt = request.startTime === undefined ? now : timestampMs(request.startTime);
        if (startedAt > now) refuseField("start_time", "Ne doit pas être dans l'avenir.");
        const state = "investigating";
        const incident: IncidentRecord = {
          id: createId("inc"),
          title: request.title,
          impact: nameIn(incidentImpacts, request.impact),
          parts: request.parts.map((part) => nameIn(serviceParts, part)),
          ...{ state, startedAt, openedAt: now, resolvedAt: undefined, revision: 1 },
          updates: [{ toldAt: now, state, message: request.message }],
        };
        return await save(transaction, undefined, incident, "opened");
      }),
    update: (request, actor) =>
      ledger.write(method.updateIncident, request, actor, async (transaction) => {
        const before = await findOpen(transaction, request);
        const state = nameIn(incidentStates, request.state);
        const impact = request.impact === 0 ? before.impact : nameIn(incidentImpacts, request.impact);
        const update = { toldAt: transaction.now, state, message: request.message };
        const after = { ...next(before), state, impact, updates: [...before.updates, update] };
        return await save(transaction, before, after, "updated");
      }),
    resolve: (request, actor) =>
      ledger.write(method.resolveIncident, request, actor, async (transaction) => {
        const before = await findOpen(transaction, request);
        const state = "resolved";
        const update = { toldAt: transaction.now, state, message: request.message } as const;
        const updates = [...before.updates, update];
        const after: IncidentRecord = { ...next(before), state, resolvedAt: transaction.now, updates };
        return await save(transaction, before, after, "resolved");
      }),
  };

  async function save(
    transaction: LedgerTransaction,
    before: IncidentRecord | undefined,
    after: IncidentRecord,
    step: IncidentStep,
  ) {
    await saveIncident(transaction.knex, after);
    transaction.record({
      action: `incident.${step}`,
      subject: after.id,
      reason: after.updates.at(-1)?.message.slice(0, 2000),
      before: before === undefined ? undefined : summarize(before),
      after: summarize(after),
    });
    const told = await tell(parts, transaction.knex, {
      about: after.id,
      kind: `incident-${step}`,
      step: after.revision,
      letter: incidentLetter(after, step),
      roles: isMajor(before) || isMajor(after) ? ["technical", "administrative"] : ["technical"],
    });
    return { incident: describeIncident(after), told };
  }
}

async function findOpen(
  { knex }: LedgerTransaction,
  { incidentId, etag }: { readonly incidentId: string; readonly etag: string },
): Promise<IncidentRecord> {
  const incident = found(await findIncident(knex, incidentId));
  checkEtag(etag, incident.revision);
  if (incident.resolvedAt !== undefined) throw serviceError("notice_ended");
  return incident;
}

/** Whoever was told of a major outage is told how it goes on. */
function isMajor(incident: IncidentRecord | undefined): boolean {
  return incident?.impact === "major_outage";
}

/** What the audit log keeps of a state; the message is the event's reason. */
function summarize({ updates: _, ...facts }: IncidentRecord): object {
  return facts;
}

function next<Row extends { readonly revision: number }>(row: Row): Row {
  return { ...row, revision: row.revision + 1 };
}

/** Refuses one field. Errors: `invalid_request`. */
export function refuseField(field: string, description: string): never {
  throw serviceError("invalid_request", { violations: [{ field, description }] });
}
