import { create } from "@bufbuild/protobuf";
import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Command } from "commander";
import {
  AnnounceMaintenanceRequestSchema,
  AnnounceMaintenanceResponseSchema,
  CancelMaintenanceRequestSchema,
  CancelMaintenanceResponseSchema,
  ListMaintenancesRequestSchema,
  MaintenanceSchema,
  type ServicePart,
} from "../gen/statutetudiant/notice/v1/notice_pb.ts";
import { maintenanceStates, nameIn } from "../notice/words.ts";
import { maxPageSize } from "../storage/page.ts";
import type { CommandContext } from "./command.ts";
import { addWritingOptions, printRows, type WritingOptions, write } from "./notice-writing.ts";
import { checkReason, readInstant } from "./option-readers.ts";
import { readParts } from "./service-parts.ts";
import { withNotices } from "./with-notices.ts";

interface AnnounceOptions extends WritingOptions {
  readonly title: string;
  readonly description: string;
  readonly parts: ServicePart[];
  readonly from: number;
  readonly to: number;
}

interface CancelOptions extends WritingOptions {
  readonly reason: string;
  readonly etag: string;
}

/** `statut notice maintenance announce|cancel|list` */
export function addMaintenanceCommands(notice: Command, context: CommandContext): void {
  const maintenance = notice.command("maintenance").description("Announces, cancels and lists maintenances.");
  addAnnounce(maintenance, context);
  addCancel(maintenance, context);
  maintenance
    .command("list")
    .description("Lists maintenances by their beginning, at most 200.")
    .option("--ahead", "only those that stand and are not over")
    .option("--json", "print one JSON document for each")
    .action((options: { readonly ahead?: true; readonly json?: true }) => runList(options, context));
}

function addAnnounce(maintenance: Command, context: CommandContext): void {
  addWritingOptions(
    maintenance
      .command("announce")
      .description("Announces a time, at most 72 hours, in which the service may be stopped.")
      .requiredOption("--title <text>", "what is done, 1 to 150 characters")
      .requiredOption("--description <text>", "what partners will notice, 1 to 4000 characters")
      .requiredOption("--parts <list>", "what may be stopped, comma-separated", readParts)
      .requiredOption("--from <instant>", "when it begins (ISO 8601 with a zone)", readInstant)
      .requiredOption("--to <instant>", "when it ends at the latest", readInstant),
  )
    .addHelpText(
      "after",
      `
Example:
  statut notice maintenance announce --title "Mise à jour des serveurs" --parts lookup_by_ine,lookup_by_identity \\
    --from 2026-12-06T22:00:00+01:00 --to 2026-12-06T23:00:00+01:00 --description "Le service sera arrêté." --apply`,
    )
    .action((options: AnnounceOptions) =>
      write(context, {
        input: AnnounceMaintenanceRequestSchema,
        output: AnnounceMaintenanceResponseSchema,
        options,
        fill: async () => ({
          title: options.title,
          description: options.description,
          parts: options.parts,
          startTime: timestampFromMs(options.from),
          endTime: timestampFromMs(options.to),
        }),
        run: ({ notices }, request, actor) => notices.maintenances.announce(request, actor),
        describe: (answer) => `maintenance ${answer.maintenance?.maintenanceId} announced`,
      }),
    );
}

function addCancel(maintenance: Command, context: CommandContext): void {
  addWritingOptions(
    maintenance
      .command("cancel <id>")
      .description("Gives a maintenance up before it begins.")
      .requiredOption("--reason <text>", "why, for partners", checkReason)
      .option("--etag <etag>", "the reading that is cancelled", '"1"'),
  ).action((maintenanceId: string, options: CancelOptions) =>
    write(context, {
      input: CancelMaintenanceRequestSchema,
      output: CancelMaintenanceResponseSchema,
      options,
      fill: async () => ({ maintenanceId, reason: options.reason, etag: options.etag }),
      run: ({ notices }, request, actor) => notices.maintenances.cancel(request, actor),
      describe: () => `maintenance ${maintenanceId} cancelled`,
    }),
  );
}

async function runList(
  options: { readonly ahead?: true; readonly json?: true },
  context: CommandContext,
): Promise<void> {
  const request = create(ListMaintenancesRequestSchema, {
    pageSize: maxPageSize,
    aheadOnly: options.ahead === true,
  });
  const { maintenances } = await withNotices(context, ({ notices }) => notices.reader.maintenances(request));
  printRows(context, maintenances, MaintenanceSchema, options.json === true, (row) => {
    const start = row.startTime === undefined ? "" : timestampDate(row.startTime).toISOString();
    return `${row.maintenanceId}  ${nameIn(maintenanceStates, row.state).padEnd(9)}  ${start}  ${row.title}`;
  });
}
