// Maintenances that are announced before they begin. What they stop within their time counts as announced.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Actor } from "../audit/actor.ts";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import {
  type AnnounceMaintenanceRequest,
  type AnnounceMaintenanceResponse,
  type CancelMaintenanceRequest,
  type CancelMaintenanceResponse,
  NoticeService,
} from "../gen/statutetudiant/notice/v1/notice_pb.ts";
import { createId } from "../storage/create-id.ts";
import { checkEtag } from "../storage/etag.ts";
import { found } from "../storage/found.ts";
import { describeMaintenance } from "./describe-notice.ts";
import { type NoticeParts, refuseField } from "./incidents.ts";
import { maintenanceLetter } from "./maintenance-letter.ts";
import { findMaintenance, type MaintenanceRecord, saveMaintenance } from "./maintenance-storage.ts";
import { tell } from "./tell.ts";
import { nameIn, serviceParts } from "./words.ts";

export interface Maintenances {
  announce(request: AnnounceMaintenanceRequest, actor: Actor): Promise<AnnounceMaintenanceResponse>;
  cancel(request: CancelMaintenanceRequest, actor: Actor): Promise<CancelMaintenanceResponse>;
}

const longestMs = 72 * 3_600_000;

export function createMaintenances(parts: NoticeParts): Maintenances {
  const { ledger } = parts;
  const { method } = NoticeService;
  return {
    announce: (request, actor) =>
      ledger.write(method.announceMaintenance, request, actor, async (transaction) => {
        const { now } = transaction;
        const { startsAt, endsAt } = readWindow(request, now);
        const maintenance: MaintenanceRecord = {
          id: createId("mnt"),
          title: request.title,
          description: request.description,
          parts: request.parts.map((part) => nameIn(serviceParts, part)),
          ...{ state: "announced", announcedAt: now, startsAt, endsAt, revision: 1 },
        };
        return await save(transaction, undefined, maintenance);
      }),
    cancel: (request, actor) =>
      ledger.write(method.cancelMaintenance, request, actor, async (transaction) => {
        const before = found(await findMaintenance(transaction.knex, request.maintenanceId));
        checkEtag(request.etag, before.revision);
        const isAhead = before.state === "announced" && before.startsAt > transaction.now;
        if (!isAhead) throw serviceError("notice_ended");
        const after = { ...before, state: "cancelled", revision: before.revision + 1 } as const;
        return await save(transaction, before, after, request.reason);
      }),
  };

  async function save(
    transaction: LedgerTransaction,
    before: MaintenanceRecord | undefined,
    after: MaintenanceRecord,
    cancelledBecause?: string,
  ) {
    await saveMaintenance(transaction.knex, after);
    const { id, state } = after;
    transaction.record({
      action: `maintenance.${state}`,
      subject: id,
      reason: cancelledBecause,
      before,
      after,
    });
    const told = await tell(parts, transaction.knex, {
      about: id,
      kind: `maintenance-${state}`,
      step: after.revision,
      letter: maintenanceLetter(after, cancelledBecause),
      roles: ["technical"],
    });
    return { maintenance: describeMaintenance(after), told };
  }
}

function readWindow({ startTime, endTime }: AnnounceMaintenanceRequest, now: number) {
  const startsAt = startTime === undefined ? Number.NaN : timestampMs(startTime);
  const endsAt = endTime === undefined ? Number.NaN : timestampMs(endTime);
  if (!(startsAt > now)) refuseField("start_time", "Doit être dans l'avenir.");
  if (!(endsAt > startsAt && endsAt <= startsAt + longestMs)) {
    refuseField("end_time", "Doit suivre le début de 72 heures au plus.");
  }
  return { startsAt, endsAt };
}
