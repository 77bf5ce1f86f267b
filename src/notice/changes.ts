// Technical changes (terms, article 6.1): announced six months ahead, rescheduled, withdrawn.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Actor } from "../audit/actor.ts";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import {
  type AnnounceChangeRequest,
  type AnnounceChangeResponse,
  NoticeService,
  type RescheduleChangeRequest,
  type RescheduleChangeResponse,
  type WithdrawChangeRequest,
  type WithdrawChangeResponse,
} from "../gen/statutetudiant/notice/v1/notice_pb.ts";
import type { Letter } from "../mail/mail-content.ts";
import { addMonths } from "../paris-clock.ts";
import { createId } from "../storage/create-id.ts";
import { checkEtag } from "../storage/etag.ts";
import { found } from "../storage/found.ts";
import { changeAnnouncedLetter, changeRescheduledLetter, changeWithdrawnLetter } from "./change-letter.ts";
import { type ChangeRecord, findChange, saveChange } from "./change-storage.ts";
import { describeChange } from "./describe-notice.ts";
import { type NoticeParts, refuseField } from "./incidents.ts";
import { tell } from "./tell.ts";

export interface Changes {
  announce(request: AnnounceChangeRequest, actor: Actor): Promise<AnnounceChangeResponse>;
  reschedule(request: RescheduleChangeRequest, actor: Actor): Promise<RescheduleChangeResponse>;
  withdraw(request: WithdrawChangeRequest, actor: Actor): Promise<WithdrawChangeResponse>;
}

export interface ChangeParts extends NoticeParts {
  /** Whether the contracts have this method (`package.Service/Method`) or route (`GET /v1/…`). */
  readonly isTarget: (target: string) => boolean;
}

/** Months between the announcement of a change and its going live (terms, article 6.1). */
const noticeMonths = 6;

type Step = "announced" | "rescheduled" | "withdrawn";

export function createChanges(parts: ChangeParts): Changes {
  const { ledger, isTarget } = parts;
  const { method } = NoticeService;
  return {
    announce: (request, actor) =>
      ledger.write(method.announceChange, request, actor, async (transaction) => {
        const { now } = transaction;
        const goLiveAt = readGoLive(request);
        refuseTooSoon(now, goLiveAt);
        request.targets.forEach((target, index) => {
          if (!isTarget(target)) refuseField(`targets[${index}]`, "Ne désigne ni une méthode ni une route.");
        });
        const { title, description, targets, url } = request;
        const state = "announced";
        const content = { id: createId("chg"), title, description, targets, url } as const;
        const change: ChangeRecord = { ...content, state, announcedAt: now, goLiveAt, revision: 1 };
        return await save(transaction, undefined, change, "announced", changeAnnouncedLetter(change));
      }),
    reschedule: (request, actor) =>
      ledger.write(method.rescheduleChange, request, actor, async (transaction) => {
        const before = await findAhead(transaction, request);
        const goLiveAt = readGoLive(request);
        // A later date gives everybody more time than was promised; an earlier one is a new promise.
        if (goLiveAt < before.goLiveAt) refuseTooSoon(transaction.now, goLiveAt);
        const after = { ...before, goLiveAt, revision: before.revision + 1 };
        const letter = changeRescheduledLetter(after, before.goLiveAt, request.reason);
        return await save(transaction, before, after, "rescheduled", letter, request.reason);
      }),
    withdraw: (request, actor) =>
      ledger.write(method.withdrawChange, request, actor, async (transaction) => {
        const before = await findAhead(transaction, request);
        const after = { ...before, state: "withdrawn", revision: before.revision + 1 } as const;
        const letter = changeWithdrawnLetter(after, request.reason);
        return await save(transaction, before, after, "withdrawn", letter, request.reason);
      }),
  };

  async function save(
    transaction: LedgerTransaction,
    before: ChangeRecord | undefined,
    after: ChangeRecord,
    step: Step,
    letter: Letter,
    reason?: string,
  ) {
    await saveChange(transaction.knex, after);
    transaction.record({ action: `change.${step}`, subject: after.id, reason, before, after });
    const told = await tell(parts, transaction.knex, {
      about: after.id,
      kind: `change-${step}`,
      step: after.revision,
      letter,
      roles: ["technical", "administrative"],
    });
    return { change: describeChange(after), told };
  }
}

function readGoLive({ goLiveTime }: AnnounceChangeRequest | RescheduleChangeRequest): number {
  if (goLiveTime === undefined) return refuseField("go_live_time", "Doit être renseigné.");
  return timestampMs(goLiveTime);
}

function refuseTooSoon(now: number, goLiveAt: number): void {
  const earliest = addMonths(now, noticeMonths);
  if (goLiveAt >= earliest) return;
  throw serviceError("change_too_soon", { metadata: { earliest_go_live: new Date(earliest).toISOString() } });
}

async function findAhead(
  { knex, now }: LedgerTransaction,
  { changeId, etag }: { readonly changeId: string; readonly etag: string },
): Promise<ChangeRecord> {
  const change = found(await findChange(knex, changeId));
  checkEtag(etag, change.revision);
  if (change.state === "withdrawn" || change.goLiveAt <= now) throw serviceError("notice_ended");
  return change;
}
