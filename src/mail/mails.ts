// What operators do with the outbox: look, and send again what did not arrive.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Actor } from "../audit/actor.ts";
import type { Ledger } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import {
  type ListMailsRequest,
  type MailSchema,
  MailService,
  MailState,
  type RetryMailRequest,
  type RetryMailResponse,
} from "../gen/statutetudiant/mail/v1/mail_pb.ts";
import { found } from "../storage/found.ts";
import { readPage } from "../storage/page.ts";
import { type MailState as MailStateName, mailStates } from "./mail-state.ts";
import { type MailRecord, type MailStorage, mailOrders } from "./mail-storage.ts";
import { isPersonal } from "./personal-mail.ts";

/** The states as they are stored, and as the contract numbers them. */
export const mailStateNumbers: Readonly<Record<MailStateName, MailState>> = {
  queued: MailState.QUEUED,
  claimed: MailState.CLAIMED,
  handing_over: MailState.HANDING_OVER,
  sent: MailState.SENT,
  unconfirmed: MailState.UNCONFIRMED,
  dead: MailState.DEAD,
};

type ListRequest = Pick<ListMailsRequest, "pageSize" | "pageToken" | "orderBy" | "states" | "about">;

export interface Mails {
  list(request: ListRequest): Promise<{ rows: readonly MailRecord[]; nextPageToken: string }>;
  /** A message with its text, which is empty when it holds a link for its recipient alone. Errors: `record_not_found`. */
  get(id: string): Promise<{ readonly mail: MailRecord; readonly text: string }>;
  /** Errors: `record_not_found`, `mail_not_stuck`. */
  retry(request: RetryMailRequest, actor: Actor): Promise<RetryMailResponse>;
}

export function createMails({
  storage,
  ledger,
}: {
  readonly storage: MailStorage;
  readonly ledger: Ledger;
}): Mails {
  return {
    async get(id) {
      const mail = found(await storage.read(id));
      return { mail, text: isPersonal(mail.kind) ? "" : mail.content.text };
    },
    list(request) {
      const { about } = request;
      const states = mailStates.filter((state) => request.states.includes(mailStateNumbers[state]));
      const orderBy = request.orderBy.trim() || "create_time desc";
      const page = readPage({ ...request, orderBy }, mailOrders, [states, about]);
      return storage.list({ states, about: about === "" ? undefined : about }, page);
    },
    retry: (request, actor) =>
      ledger.write(MailService.method.retryMail, request, actor, async ({ knex, now, record }) => {
        const mail = found(await storage.find(knex, request.mailId));
        if (!(await storage.requeue(knex, mail.id, now))) throw serviceError("mail_not_stuck");
        record({
          action: "mail.retry",
          subject: mail.id,
          reason: request.reason,
          before: { state: mail.state, reply: mail.lastReply },
          after: { state: "queued" },
        });
        return {
          mail: describeMail({ ...mail, state: "queued", dueAt: now, failures: 0, settledAt: undefined }),
        };
      }),
  };
}

/** A message as the contract shows it: without its text. */
export function describeMail(mail: MailRecord): MessageInitShape<typeof MailSchema> {
  const { settledAt } = mail;
  return {
    mailId: mail.id,
    about: mail.about,
    kind: mail.kind,
    contactId: mail.recipient.contactId ?? "",
    recipientName: mail.recipient.name,
    recipientAddress: mail.recipient.address,
    subject: mail.content.subject,
    state: mailStateNumbers[mail.state],
    createTime: timestampFromMs(mail.createdAt),
    dueTime: timestampFromMs(mail.dueAt),
    ...(settledAt === undefined ? {} : { settleTime: timestampFromMs(settledAt) }),
    failures: mail.failures,
    lastReply: mail.lastReply ?? "",
  };
}
