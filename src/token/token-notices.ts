// Tells a partner's contacts that a token ends, at 90, 60, 30, 14, 7 and 0 days, or that it leaked: each exactly once.
import type { Knex } from "knex";
import type { ContactRoleName } from "../access/person.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../storage/database.ts";
import { untilUnlocked } from "../storage/until-unlocked.ts";
import { dueNotice, lateMs, noticeDays } from "./notice-schedule.ts";
import {
  cancelNotices,
  closeNotice,
  endingTerms,
  findUnsent,
  insertNotice,
  type NoticeKey,
  plannedNotices,
  type UnsentNotice,
} from "./notice-storage.ts";
import type { DayOf } from "./token-parts.ts";
import type { TokenRecord } from "./token-record.ts";
import { dayMs } from "./token-status.ts";
import { findToken } from "./token-storage.ts";

/** A notice with what its text needs. Recipients are computed when it is sent: those whom the partner has then. */
export interface TokenNotice extends UnsentNotice {
  readonly token: TokenRecord;
  /** Of the token's partner: the holder, and who operates its side. */
  readonly recipients: { readonly partnerId: string; readonly roles: readonly ContactRoleName[] };
}

/** Hands a notice over in the transaction that marks it as sent: with both or with neither. */
export type DeliverNotice = (transaction: Knex.Transaction, notice: TokenNotice) => Promise<void>;

export interface TokenNotices {
  /** Makes the rows of what is due now; returns how many. It can run at any time, on several instances. */
  plan(): Promise<number>;
  /**
   * Delivers the notices that are not sent, each once; returns how many. What could not be delivered stays for the
   * next run, and is thrown as an AggregateError once the others are done.
   */
  send(deliver: DeliverNotice): Promise<number>;
}

export interface TokenNoticeParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly dayOf: DayOf;
}

const recipientRoles: readonly ContactRoleName[] = ["administrative", "technical"];
/** Notices of one run: the next one goes on. */
const maxSent = 500;

export function createTokenNotices({ database, clock, dayOf }: TokenNoticeParts): TokenNotices {
  const { knex } = database;
  return {
    async plan() {
      const now = clock.now();
      const oldest = now - lateMs;
      const planned = new Set((await plannedNotices(knex, oldest)).map(keyText));
      let made = 0;
      for (const term of await endingTerms(knex, oldest, now + noticeDays[0] * dayMs)) {
        const due = dueNotice(term, now);
        if (due === undefined) continue;
        const notice = { tokenId: term.tokenId, kind: "expiry" as const, tellsOf: term.endsAt, ...due };
        if (!planned.has(keyText(notice)) && (await planOne(notice, now))) made += 1;
      }
      return made;
    },

    async send(deliver) {
      const failures: unknown[] = [];
      let sent = 0;
      for (const notice of await findUnsent(knex, maxSent)) {
        try {
          if (await sendOne(notice, deliver)) sent += 1;
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0)
        throw new AggregateError(failures, "some notices of tokens were not delivered");
      return sent;
    },
  };

  /** A threshold that was passed unsent is overtaken: one notice says it all. */
  function planOne(notice: NoticeKey & { readonly dueAt: number }, now: number): Promise<boolean> {
    return write(async (transaction) => {
      if (!(await insertNotice(transaction, notice, dayOf(notice.dueAt), now))) return false;
      await cancelNotices(transaction, notice.tokenId, now, notice.days);
      return true;
    });
  }

  function sendOne(notice: UnsentNotice, deliver: DeliverNotice): Promise<boolean> {
    return write(async (transaction) => {
      const now = clock.now();
      const token = await findToken(transaction, notice.tokenId);
      if (token === undefined || !applies(notice, token)) {
        await closeNotice(transaction, notice, "cancelled_at", now);
        return false;
      }
      // Whoever marks the row first sends it: the other instance waits for this transaction and then finds none.
      if (!(await closeNotice(transaction, notice, "sent_at", now))) return false;
      const recipients = { partnerId: token.partnerId, roles: recipientRoles };
      await deliver(transaction, { ...notice, token, recipients });
      return true;
    });
  }

  function write<T>(work: (transaction: Knex.Transaction) => Promise<T>): Promise<T> {
    return untilUnlocked(() => knex.transaction(work));
  }
}

/** Prolonging and revoking cancel in their own transaction; the end of a partner is seen here. */
function applies(notice: NoticeKey, token: TokenRecord): boolean {
  if (notice.kind === "leak") return true;
  const isItsEnd = token.expiresAt === notice.tellsOf && token.revokedAt === undefined;
  return isItsEnd && token.partnerState !== "terminated";
}

function keyText({ tokenId, tellsOf, days }: NoticeKey): string {
  return `${tokenId} ${tellsOf} ${days}`;
}
