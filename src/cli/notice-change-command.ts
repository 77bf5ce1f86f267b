import { create } from "@bufbuild/protobuf";
import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Command } from "commander";
import {
  AnnounceChangeRequestSchema,
  AnnounceChangeResponseSchema,
  ChangeSchema,
  ListChangesRequestSchema,
  RescheduleChangeRequestSchema,
  RescheduleChangeResponseSchema,
  WithdrawChangeRequestSchema,
  WithdrawChangeResponseSchema,
} from "../gen/statutetudiant/notice/v1/notice_pb.ts";
import { changeStates, nameIn } from "../notice/words.ts";
import { maxPageSize } from "../storage/page.ts";
import type { CommandContext } from "./command.ts";
import { addWritingOptions, printRows, type WritingOptions, write } from "./notice-writing.ts";
import { checkReason, readInstant } from "./option-readers.ts";
import { type NoticeTools, withNotices } from "./with-notices.ts";

interface AnnounceOptions extends WritingOptions {
  readonly title: string;
  readonly description: string;
  readonly goLive: number;
  readonly target?: string[];
  readonly url?: string;
}

interface StepOptions extends WritingOptions {
  readonly reason: string;
  readonly etag?: string;
}

/** `statut notice change announce|reschedule|withdraw|list` */
export function addChangeCommands(notice: Command, context: CommandContext): void {
  const change = notice
    .command("change")
    .description("Announces, moves, withdraws and lists technical changes.");
  addAnnounce(change, context);
  addReschedule(change, context);
  addWithdraw(change, context);
  change
    .command("list")
    .description("Lists changes by the date on which they go live, at most 200.")
    .option("--ahead", "only those that stand and lie ahead")
    .option("--json", "print one JSON document for each")
    .action((options: { readonly ahead?: true; readonly json?: true }) => runList(options, context));
}

function addAnnounce(change: Command, context: CommandContext): void {
  addWritingOptions(
    change
      .command("announce")
      .description("Announces a change by e-mail, six calendar months ahead at least (terms, article 6.1).")
      .requiredOption("--title <text>", "what changes, 1 to 150 characters")
      .requiredOption("--description <text>", "what partners have to do, 1 to 4000 characters")
      .requiredOption("--go-live <instant>", "when it goes live (ISO 8601 with a zone)", readInstant)
      .option("--target <target...>", "what goes away: package.Service/Method, or 'GET /v1/…'")
      .option("--url <url>", "page that tells more, https://…"),
  )
    .addHelpText(
      "after",
      `
Example:
  statut notice change announce --title "Fin de la recherche par adresse" --go-live 2027-09-01T06:00:00+02:00 \\
    --description "Utilisez POST /v1/students:lookupByIdentity." --target "GET /v1/students:lookupByIdentity" --apply`,
    )
    .action((options: AnnounceOptions) =>
      write(context, {
        input: AnnounceChangeRequestSchema,
        output: AnnounceChangeResponseSchema,
        options,
        fill: async () => ({
          title: options.title,
          description: options.description,
          goLiveTime: timestampFromMs(options.goLive),
          targets: options.target ?? [],
          url: options.url ?? "",
        }),
        run: ({ notices }, request, actor) => notices.changes.announce(request, actor),
        describe: (answer) => `change ${answer.change?.changeId} announced`,
      }),
    );
}

function addReschedule(change: Command, context: CommandContext): void {
  addWritingOptions(
    change
      .command("reschedule <id>")
      .description("Moves the date of a change: later, or six calendar months from now at the earliest.")
      .requiredOption("--go-live <instant>", "when it goes live (ISO 8601 with a zone)", readInstant)
      .requiredOption("--reason <text>", "why, for partners", checkReason)
      .option("--etag <etag>", "refuse when it has changed since this reading"),
  ).action((changeId: string, options: StepOptions & { readonly goLive: number }) =>
    write(context, {
      input: RescheduleChangeRequestSchema,
      output: RescheduleChangeResponseSchema,
      options,
      fill: async (tools) => ({
        ...{ changeId, reason: options.reason, goLiveTime: timestampFromMs(options.goLive) },
        etag: options.etag ?? (await readEtag(tools, changeId)),
      }),
      run: ({ notices }, request, actor) => notices.changes.reschedule(request, actor),
      describe: () => `change ${changeId} moved to ${new Date(options.goLive).toISOString()}`,
    }),
  );
}

function addWithdraw(change: Command, context: CommandContext): void {
  addWritingOptions(
    change
      .command("withdraw <id>")
      .description("Gives a change up before it goes live.")
      .requiredOption("--reason <text>", "why, for partners", checkReason)
      .option("--etag <etag>", "refuse when it has changed since this reading"),
  ).action((changeId: string, options: StepOptions) =>
    write(context, {
      input: WithdrawChangeRequestSchema,
      output: WithdrawChangeResponseSchema,
      options,
      fill: async (tools) => ({
        ...{ changeId, reason: options.reason },
        etag: options.etag ?? (await readEtag(tools, changeId)),
      }),
      run: ({ notices }, request, actor) => notices.changes.withdraw(request, actor),
      describe: () => `change ${changeId} withdrawn`,
    }),
  );
}

async function readEtag({ notices }: NoticeTools, changeId: string): Promise<string> {
  return (await notices.reader.change({ changeId })).change?.etag ?? "";
}

async function runList(
  options: { readonly ahead?: true; readonly json?: true },
  context: CommandContext,
): Promise<void> {
  const request = create(ListChangesRequestSchema, {
    pageSize: maxPageSize,
    aheadOnly: options.ahead === true,
  });
  const { changes } = await withNotices(context, ({ notices }) => notices.reader.changes(request));
  printRows(context, changes, ChangeSchema, options.json === true, (row) => {
    const goLive = row.goLiveTime === undefined ? "" : timestampDate(row.goLiveTime).toISOString();
    return `${row.changeId}  ${nameIn(changeStates, row.state).padEnd(9)}  ${goLive}  ${row.title}`;
  });
}
