import { findRecipients } from "../assembly/mail-recipients.ts";
import { createNotices } from "../assembly/notices.ts";
import type { NoticeUseCases } from "../notice/notice-service.ts";
import type { CommandContext } from "./command.ts";
import { type MainDatabase, withMain } from "./with-main.ts";

export interface NoticeTools extends MainDatabase {
  readonly notices: NoticeUseCases;
}

/** Runs a command's work on notices and mail, and closes the database whatever happens. */
export function withNotices<T>(
  context: CommandContext,
  work: (tools: NoticeTools) => Promise<T>,
): Promise<T> {
  const { clock } = context;
  return withMain(context, (main) =>
    work({ ...main, notices: createNotices({ ...main, clock, findRecipients }) }),
  );
}
