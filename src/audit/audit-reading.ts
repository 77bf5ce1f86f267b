// The audit log as people read it. Operators read everything; contacts what concerns their own partner, without
// other people's addresses and numbers, and without what operators prepare.
import type { JsonObject, MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { serviceError } from "../errors.ts";
import type {
  AuditEventSchema,
  ListAuditEventsRequest,
  VerifyAuditRequest,
} from "../gen/statutetudiant/audit/v1/audit_pb.ts";
import type { Database } from "../storage/database.ts";
import { finishPage, readPage } from "../storage/page.ts";
import type { Acting } from "./acting.ts";
import type { AuditEvent } from "./audit-event.ts";
import { pageEvents } from "./audit-storage.ts";
import { partnerFilter } from "./reach.ts";
import { verifyAudit } from "./verify-audit.ts";

/** What a call checks at most, so that it ends within its deadline. */
const maxVerified = 20_000;

/** Of a breach, contacts read what they were told (BreachService), and not what is among operators. */
const amongOperators = ["breach.record", "breach.note", "breach.assess", "breach.close"];

export function createAuditReading({ knex }: Database) {
  return {
    async list(acting: Acting, request: ListAuditEventsRequest) {
      const forPartner = acting.partnerId !== undefined;
      const filter = {
        partnerId: partnerFilter(acting, request.partnerId),
        actorId: request.actorId,
        action: request.action,
        subject: request.subject,
        start: request.startTime && timestampMs(request.startTime),
        end: request.endTime && timestampMs(request.endTime),
        hidden: forPartner ? amongOperators : [],
      };
      const page = readPage(request, { sequence: "seq" }, filter);
      const { rows, nextPageToken } = finishPage(await pageEvents(knex, filter, page), page, ({ seq }) => [
        seq,
        seq,
      ]);
      return { events: rows.map((event) => toMessage(event, acting)), nextPageToken };
    },

    async verify({ afterSequence }: VerifyAuditRequest) {
      const after = Number(afterSequence);
      if (after < 0) throw serviceError("record_not_found");
      const found = await verifyAudit(knex, after, maxVerified);
      return {
        checked: BigInt(found.checked),
        lastSequence: BigInt(found.lastSequence),
        brokenSequence: BigInt(found.brokenSequence),
        more: found.more,
        lastHash: found.lastHash.toString("hex"),
      };
    },
  };
}

function toMessage(event: AuditEvent, acting: Acting): MessageInitShape<typeof AuditEventSchema> {
  const isOwn = acting.partnerId === undefined || event.subject === acting.actor.id;
  const { actor } = event;
  return {
    sequence: BigInt(event.seq),
    id: event.id,
    time: timestampFromMs(event.at),
    actor: { kind: actor.kind, id: actor.id, name: actor.name, body: actor.body },
    action: event.action,
    subject: event.subject,
    partnerId: event.partnerId ?? "",
    reason: event.reason ?? "",
    ...contentOf("before", event.before, isOwn),
    ...contentOf("after", event.after, isOwn),
    requestId: event.requestId ?? "",
  };
}

/** Where somebody can be reached is told to that person and to operators only. */
const personalKeys = ["email", "phone", "pendingEmail"];

function contentOf<Name extends "before" | "after">(
  name: Name,
  json: string | null,
  isOwn: boolean,
): { readonly [key in Name]?: JsonObject } {
  if (json === null) return {};
  const content = JSON.parse(json) as JsonObject;
  const shown = Object.entries(content).filter(([key]) => isOwn || !personalKeys.includes(key));
  return { [name]: Object.fromEntries(shown) } as { readonly [key in Name]?: JsonObject };
}
