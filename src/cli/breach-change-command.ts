// `statut breach notice|note|assess|remedy|close|suspend`
import { create } from "@bufbuild/protobuf";
import { type Command, Option } from "commander";
import { operatorBodies } from "../access/person.ts";
import { severities } from "../breach/breach-message.ts";
import type { BreachSeverityName } from "../breach/breach-states.ts";
import {
  AddBreachNoteRequestSchema,
  AssessBreachRequestSchema,
  type Breach,
  BreachEntrySchema,
  BreachSchema,
  CloseBreachRequestSchema,
  GetBreachRequestSchema,
  GiveNoticeRequestSchema,
  RemedyBreachRequestSchema,
  SuspendForBreachRequestSchema,
} from "../gen/statutetudiant/breach/v1/breach_pb.ts";
import {
  actingAtTerminal,
  type ChangeOptions,
  type DecisionOptions,
  requestOf,
  tellChange,
  withBody,
  withChangeOptions,
  withReason,
  writeFields,
} from "./administer.ts";
import type { CommandContext } from "./command.ts";
import { type MainDatabase, withMain } from "./with-main.ts";

type Reasoned = ChangeOptions & { readonly reason: string };
type Breaches = MainDatabase["administration"]["breaches"];

export function addBreachChanges(family: Command, context: CommandContext): void {
  addNotice(family, context);
  addNote(family, context);
  addAssess(family, context);
  addChange(
    withReason(family.command("remedy <id>").description("Records that a breach was remedied.")),
    "remedied",
    context,
    (breaches, fields, { reason }) =>
      breaches.remedy(actingAtTerminal(), requestOf(RemedyBreachRequestSchema, { ...fields, reason })),
  );
  addChange(
    withReason(family.command("close <id>").description("Closes a breach without remedy.")),
    "closed",
    context,
    (breaches, fields, { reason }) =>
      breaches.close(actingAtTerminal(), requestOf(CloseBreachRequestSchema, { ...fields, reason })),
  );
  addChange<DecisionOptions>(
    withBody(
      withReason(
        family
          .command("suspend <id>")
          .description("Suspends the partner for a breach, at once or after its deadline (article 5)."),
      ),
    ),
    "suspended",
    context,
    (breaches, fields, { reason, body }) =>
      breaches.suspend(
        actingAtTerminal(body),
        requestOf(SuspendForBreachRequestSchema, { ...fields, reason, body: operatorBodies[body] }),
      ),
  );
}

interface NoticeOptions extends Omit<DecisionOptions, "reason"> {
  readonly text: string;
  readonly remedyBy: string;
}

function addNotice(family: Command, context: CommandContext): void {
  addChange<NoticeOptions>(
    withBody(
      family
        .command("notice <id>")
        .description("Tells the partner of a breach and asks it to remedy.")
        .requiredOption("--text <text>", "what the partner reads, in French")
        .requiredOption("--remedy-by <day>", "last day for the remedy, YYYY-MM-DD"),
    ),
    "notified",
    context,
    (breaches, fields, { text, remedyBy, body }) =>
      breaches.giveNotice(
        actingAtTerminal(body),
        requestOf(GiveNoticeRequestSchema, { ...fields, text, remedyBy, body: operatorBodies[body] }),
      ),
  );
}

function addAssess(family: Command, context: CommandContext): void {
  addChange<Reasoned & { readonly severity: BreachSeverityName }>(
    withReason(
      family
        .command("assess <id>")
        .description("Says anew how serious a breach is.")
        .addOption(
          new Option("--severity <severity>", "how serious it is")
            .choices(Object.keys(severities))
            .makeOptionMandatory(),
        ),
    ),
    "assessed",
    context,
    (breaches, fields, { reason, severity }) =>
      breaches.assess(
        actingAtTerminal(),
        requestOf(AssessBreachRequestSchema, { ...fields, reason, severity: severities[severity] }),
      ),
  );
}

function addNote(family: Command, context: CommandContext): void {
  withChangeOptions(
    family
      .command("note <id>")
      .description("Notes something for the operators; the partner does not see it.")
      .requiredOption("--text <text>", "the note"),
  )
    .addHelpText("after", `\nExample:\n  statut breach note brc_4a0c… --text "Rappelé ce matin" --apply`)
    .action(async (id: string, options: ChangeOptions & { readonly text: string }) => {
      const { text } = options;
      const request = requestOf(AddBreachNoteRequestSchema, { ...writeFields(options), id, text });
      const { entry } = await withMain(context, ({ administration }) =>
        administration.breaches.addNote(actingAtTerminal(), request),
      );
      const what = `note added to ${id}`;
      tellChange(context, options, what, BreachEntrySchema, entry ?? create(BreachEntrySchema));
    });
}

interface ChangeFields {
  readonly requestId: string;
  readonly validateOnly: boolean;
  readonly id: string;
  readonly etag: string;
}

/** A command that moves a breach, of the revision that is there now. */
function addChange<Options extends ChangeOptions = Reasoned>(
  command: Command,
  done: string,
  context: CommandContext,
  change: (
    breaches: Breaches,
    fields: ChangeFields,
    options: Options,
  ) => Promise<{ readonly breach?: Breach | undefined }>,
): void {
  withChangeOptions(command)
    .addHelpText("after", `\nExample:\n  statut breach ${command.name()} brc_4a0c… … --apply`)
    .action(async (id: string, options: Options) => {
      const { breach } = await withMain(context, async ({ administration: { breaches } }) => {
        const found = await breaches.get(actingAtTerminal(), requestOf(GetBreachRequestSchema, { id }));
        const fields = { ...writeFields(options), id, etag: found.breach.etag ?? "" };
        return change(breaches, fields, options);
      });
      tellChange(context, options, `breach ${id} ${done}`, BreachSchema, breach ?? create(BreachSchema));
    });
}
