import { create, toJson } from "@bufbuild/protobuf";
import { type Command, Option } from "commander";
import { nameOf } from "../access/person.ts";
import { breachStates, commitments, severities } from "../breach/breach-message.ts";
import type { BreachSeverityName, BreachStateName } from "../breach/breach-states.ts";
import type { CommitmentName } from "../breach/breach-storage.ts";
import {
  type Breach,
  BreachSchema,
  GetBreachRequestSchema,
  GetBreachResponseSchema,
  ListBreachesRequestSchema,
  RecordBreachRequestSchema,
} from "../gen/statutetudiant/breach/v1/breach_pb.ts";
import {
  actingAtTerminal,
  type ChangeOptions,
  printMessages,
  readAll,
  requestOf,
  tellChange,
  wholePage,
  withChangeOptions,
  writeFields,
} from "./administer.ts";
import { addBreachChanges } from "./breach-change-command.ts";
import type { CommandContext } from "./command.ts";
import { findNamed } from "./find-named-partner.ts";
import { terminalJson } from "./terminal-text.ts";
import { withMain } from "./with-main.ts";

/** `statut breach list|show|record|notice|note|assess|remedy|close|suspend` */
export function addBreachCommand(program: Command, context: CommandContext): void {
  const breach = program
    .command("breach")
    .description("Follows the breaches of partners (terms, article 5).");
  addList(breach, context);
  addShow(breach, context);
  addRecord(breach, context);
  addBreachChanges(breach, context);
}

interface ListOptions {
  readonly partner?: string;
  readonly state?: BreachStateName;
  readonly overdue?: true;
  readonly json?: true;
}

function addList(family: Command, context: CommandContext): void {
  family
    .command("list")
    .description("Lists breaches, the oldest first.")
    .option("--partner <partner>", "of this partner, by SIRET or identifier")
    .addOption(new Option("--state <state>", "in this state").choices(Object.keys(breachStates)))
    .option("--overdue", "whose deadline has passed without remedy")
    .option("--json", "print one JSON document for each breach")
    .addHelpText("after", "\nExample:\n  statut breach list --overdue")
    .action(async ({ partner, state, json, ...options }: ListOptions) => {
      const overdue = options.overdue === true;
      const breaches = await withMain(context, async (main) => {
        const partnerId = partner === undefined ? "" : (await findNamed(main, partner)).id;
        return readAll(async (pageToken) => {
          const request = requestOf(ListBreachesRequestSchema, {
            ...{ ...wholePage, pageToken, partnerId, overdue },
            ...(state && { state: breachStates[state] }),
          });
          const page = await main.administration.breaches.list(actingAtTerminal(), request);
          return { items: page.breaches, nextPageToken: page.nextPageToken };
        });
      });
      printMessages(context, json, BreachSchema, breaches, rowOf);
    });
}

function addShow(family: Command, context: CommandContext): void {
  family
    .command("show <id>")
    .description("Shows a breach and all that was said about it, as JSON.")
    .option("--json", "print one JSON document, as it does anyway")
    .addHelpText("after", "\nExample:\n  statut breach show brc_4a0c…")
    .action(async (id: string) => {
      const found = await withMain(context, ({ administration }) =>
        administration.breaches.get(actingAtTerminal(), requestOf(GetBreachRequestSchema, { id })),
      );
      const document = toJson(GetBreachResponseSchema, create(GetBreachResponseSchema, found));
      context.stdout.write(`${terminalJson(document)}\n`);
    });
}

interface RecordOptions extends ChangeOptions {
  readonly commitment: CommitmentName;
  readonly severity: BreachSeverityName;
  readonly description: string;
}

function addRecord(family: Command, context: CommandContext): void {
  withChangeOptions(
    family
      .command("record <partner>")
      .description("Records a breach; the partner is not told yet.")
      .addOption(
        new Option("--commitment <commitment>", "what the partner failed")
          .choices(Object.keys(commitments))
          .makeOptionMandatory(),
      )
      .addOption(
        new Option("--severity <severity>", "how serious it is")
          .choices(Object.keys(severities))
          .default("ordinary"),
      )
      .requiredOption("--description <text>", "what happened, for the operators"),
  )
    .addHelpText(
      "after",
      `
Example:
  statut breach record 13002526500013 --commitment own_servers --severity serious \\
    --description "Jeton présent dans une application mobile" --apply`,
    )
    .action(async (named: string, options: RecordOptions) => {
      const { commitment, severity, description } = options;
      const { breach } = await withMain(context, async (main) => {
        const { id: partnerId } = await findNamed(main, named);
        const request = requestOf(RecordBreachRequestSchema, {
          ...{ ...writeFields(options), partnerId, description },
          ...{ commitment: commitments[commitment], severity: severities[severity] },
        });
        return main.administration.breaches.record(actingAtTerminal(), request);
      });
      const what = `breach ${breach?.id} of ${named} recorded`;
      tellChange(context, options, what, BreachSchema, breach ?? create(BreachSchema));
    });
}

function rowOf(breach: Breach): readonly string[] {
  const state = nameOf(breachStates, breach.state) ?? "";
  return [
    breach.id,
    breach.partnerId,
    state.padEnd("suspended".length),
    (nameOf(severities, breach.severity) ?? "").padEnd("persistent".length),
    nameOf(commitments, breach.commitment) ?? "",
    breach.remedyBy === "" ? "" : `by ${breach.remedyBy}`,
    breach.overdue ? "overdue" : "",
  ];
}
