import { findRecipients } from "../assembly/mail-recipients.ts";
import { createNotices } from "../assembly/notices.ts";
import { createOutboxes } from "../assembly/outboxes.ts";
import type { Outbox } from "../mail/outbox.ts";
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
  const { clock } = context;
  return withMain(context, (main) => {
    const { outbox } = createOutboxes(context.config(), clock);
    const notices = createNotices({ ...main, clock, outbox, findRecipients });
    return work({ ...main, outbox, notices });
  });
}
