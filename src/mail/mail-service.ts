import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { actorOf } from "../audit/actor.ts";
import { ListMailsResponseSchema, type MailService } from "../gen/statutetudiant/mail/v1/mail_pb.ts";
import { personOf } from "../request/call.ts";
import { describeMail, type Mails } from "./mails.ts";

/** Implements `MailService`. Errors: those of `Mails`. */
export function createMailService(mails: Mails): ServiceImpl<typeof MailService> {
  return {
    async listMails(request) {
      const { rows, nextPageToken } = await mails.list(request);
      return create(ListMailsResponseSchema, { mails: rows.map(describeMail), nextPageToken });
    },
    async getMail({ mailId }) {
      const { mail, text } = await mails.get(mailId);
      return { mail: describeMail(mail), text };
    },
    retryMail: (request, context) => mails.retry(request, actorOf(personOf(context))),
  };
}
