import { create } from "@bufbuild/protobuf";
import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Command, Option } from "commander";
import {
  IncidentImpact,
  IncidentSchema,
  ListIncidentsRequestSchema,
  OpenIncidentRequestSchema,
  OpenIncidentResponseSchema,
  ResolveIncidentRequestSchema,
  ResolveIncidentResponseSchema,
  type ServicePart,
  UpdateIncidentRequestSchema,
  UpdateIncidentResponseSchema,
} from "../gen/statutetudiant/notice/v1/notice_pb.ts";
import {
  type IncidentImpactName,
  type IncidentStateName,
  incidentImpacts,
  incidentStates,
  nameIn,
} from "../notice/words.ts";
import { maxPageSize } from "../storage/page.ts";
import type { CommandContext } from "./command.ts";
import { addWritingOptions, printRows, type WritingOptions, write } from "./notice-writing.ts";
import { readInstant } from "./option-readers.ts";
import { readParts } from "./service-parts.ts";
import { withNotices } from "./with-notices.ts";

interface OpenOptions extends WritingOptions {
  readonly title: string;
  readonly message: string;
  readonly impact: IncidentImpactName;
  readonly parts: ServicePart[];
  readonly since?: number;
}

interface StepOptions extends WritingOptions {
  readonly message: string;
  readonly etag?: string;
}

interface UpdateOptions extends StepOptions {
  readonly state: IncidentStateName;
  readonly impact?: IncidentImpactName;
}

/** `statut notice incident open|update|resolve|list` */
export function addIncidentCommands(notice: Command, context: CommandContext): void {
  const incident = notice.command("incident").description("Opens, updates, resolves and lists incidents.");
  addOpen(incident, context);
  addUpdate(incident, context);
  addResolve(incident, context);
  incident
    .command("list")
    .description("Lists incidents, the latest first, at most 200.")
    .option("--open", "only those that are not over")
    .option("--json", "print one JSON document for each")
    .action((options: { readonly open?: true; readonly json?: true }) => runList(options, context));
}

function addOpen(incident: Command, context: CommandContext): void {
  addWritingOptions(
    incident
      .command("open")
      .description("Tells of a difficulty of the service.")
      .requiredOption("--title <text>", "what is the matter, 1 to 150 characters")
      .requiredOption("--message <text>", "what partners should know, 1 to 4000 characters")
      .addOption(impactOption().makeOptionMandatory())
      .requiredOption("--parts <list>", "what it hinders, comma-separated", readParts)
      .option("--since <instant>", "when it began (ISO 8601 with a zone); now", readInstant),
  )
    .addHelpText(
      "after",
      `
Example:
  statut notice incident open --title "Réponses lentes" --impact degraded --parts lookup_by_ine \\
    --message "Les réponses prennent plusieurs secondes." --apply`,
    )
    .action((options: OpenOptions) =>
      write(context, {
        input: OpenIncidentRequestSchema,
        output: OpenIncidentResponseSchema,
        options,
        fill: async () => ({
          title: options.title,
          message: options.message,
          impact: incidentImpacts[options.impact],
          parts: options.parts,
          ...(options.since === undefined ? {} : { startTime: timestampFromMs(options.since) }),
        }),
        run: ({ notices }, request, actor) => notices.incidents.open(request, actor),
        describe: (answer) => `incident ${answer.incident?.incidentId} opened`,
      }),
    );
}

function addUpdate(incident: Command, context: CommandContext): void {
  const states = Object.keys(incidentStates).filter((state) => state !== "resolved");
  addWritingOptions(
    incident
      .command("update <id>")
      .description("Tells how an incident goes on.")
      .requiredOption("--message <text>", "what partners should know, 1 to 4000 characters")
      .addOption(new Option("--state <state>", "how far it is").choices(states).makeOptionMandatory())
      .addOption(impactOption())
      .option("--etag <etag>", "refuse when it has changed since this reading"),
  ).action((incidentId: string, options: UpdateOptions) =>
    write(context, {
      input: UpdateIncidentRequestSchema,
      output: UpdateIncidentResponseSchema,
      options,
      fill: async ({ notices }) => ({
        ...{ incidentId, message: options.message, state: incidentStates[options.state] },
        impact: options.impact === undefined ? IncidentImpact.UNSPECIFIED : incidentImpacts[options.impact],
        etag: options.etag ?? (await notices.reader.incident({ incidentId })).incident?.etag ?? "",
      }),
      run: ({ notices }, request, actor) => notices.incidents.update(request, actor),
      describe: () => `incident ${incidentId} updated`,
    }),
  );
}

function addResolve(incident: Command, context: CommandContext): void {
  addWritingOptions(
    incident
      .command("resolve <id>")
      .description("Tells that an incident is over.")
      .requiredOption("--message <text>", "what partners should know, 1 to 4000 characters")
      .option("--etag <etag>", "refuse when it has changed since this reading"),
  ).action((incidentId: string, options: StepOptions) =>
    write(context, {
      input: ResolveIncidentRequestSchema,
      output: ResolveIncidentResponseSchema,
      options,
      fill: async ({ notices }) => ({
        ...{ incidentId, message: options.message },
        etag: options.etag ?? (await notices.reader.incident({ incidentId })).incident?.etag ?? "",
      }),
      run: ({ notices }, request, actor) => notices.incidents.resolve(request, actor),
      describe: () => `incident ${incidentId} resolved`,
    }),
  );
}

function impactOption(): Option {
  return new Option("--impact <impact>", "how much it hinders").choices(Object.keys(incidentImpacts));
}

async function runList(
  options: { readonly open?: true; readonly json?: true },
  context: CommandContext,
): Promise<void> {
  const request = create(ListIncidentsRequestSchema, {
    pageSize: maxPageSize,
    openOnly: options.open === true,
  });
  const { incidents } = await withNotices(context, ({ notices }) => notices.reader.incidents(request));
  printRows(context, incidents, IncidentSchema, options.json === true, (row) => {
    const opened = row.openTime === undefined ? "" : timestampDate(row.openTime).toISOString();
    return `${row.incidentId}  ${nameIn(incidentStates, row.state).padEnd(13)}  ${opened}  ${row.title}`;
  });
}
