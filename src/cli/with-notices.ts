import { holdsSecret } from "../access/token-in-text.ts";
import { findRecipients } from "../assembly/mail-recipients.ts";
import { createNotices } from "../assembly/notices.ts";
import { createOutbox, type Outbox } from "../mail/outbox.ts";
import type { NoticeUseCases } from "../notice/notice-service.ts";
import type { CommandContext } from "./command.ts";
import { type MainDatabase, withMain } from "./with-main.ts";

export interface NoticeTools extends MainDatabase {
  readonly outbox: Outbox;
  readonly notices: NoticeUseCases;
}

/** Runs a command's work on notices and mail, and closes the database whatever happens. */
export function withNotices<T>(
  context: CommandContext,
  work: (tools: NoticeTools) => Promise<T>,
): Promise<T> {
  const { MAIL_FROM: from } = context.config();
  const { clock } = context;
  return withMain(context, (main) => {
    const outbox = createOutbox({ clock, from, holdsSecret });
    const notices = createNotices({ ...main, clock, outbox, findRecipients });
    return work({ ...main, outbox, notices });
  });
}
