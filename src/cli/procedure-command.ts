import { randomUUID } from "node:crypto";
import { create, toJson } from "@bufbuild/protobuf";
import { type Command, Option } from "commander";
import {
  ApproveProcedureRequestSchema,
  CloseProcedureRequestSchema,
  GetProcedureRequestSchema,
  ListProceduresRequestSchema,
  type Procedure,
  ProcedureSchema,
  RefuseProcedureRequestSchema,
  RequestProcedureChangesRequestSchema,
} from "../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { stateNumbers } from "../procedure/procedure-message.ts";
import { type ProcedureState, procedureStates } from "../procedure/procedure-states.ts";
import type { CommandContext } from "./command.ts";
import { checkReason } from "./option-readers.ts";
import { terminalJson, terminalText } from "./terminal-text.ts";
import { found, type TerminalUse, withTokens } from "./with-tokens.ts";

interface DecideOptions {
  readonly reason: string;
  readonly closeness?: true;
  readonly apply?: true;
  readonly json?: true;
}

type DecideRequest = Readonly<Record<"id" | "etag" | "reason" | "requestId", string>> & {
  readonly validateOnly: boolean;
};
type Decide = (
  use: TerminalUse,
  request: DecideRequest,
  options: DecideOptions,
) => Promise<{ readonly procedure?: Procedure | undefined }>;

const decisions: readonly (readonly [name: string, description: string, decide: Decide])[] = [
  [
    "approve",
    "Approves what a partner submitted.",
    ({ procedures, acting }, request, { closeness: approveCloseness = false }) =>
      procedures.approve(acting, create(ApproveProcedureRequestSchema, { ...request, approveCloseness })),
  ],
  [
    "ask-changes",
    "Asks a partner to change what it submitted.",
    ({ procedures, acting }, request) =>
      procedures.requestChanges(acting, create(RequestProcedureChangesRequestSchema, request)),
  ],
  [
    "refuse",
    "Refuses what a partner submitted.",
    ({ procedures, acting }, request) =>
      procedures.refuse(acting, create(RefuseProcedureRequestSchema, request)),
  ],
  [
    "close",
    "Ends a procedure for ever.",
    ({ procedures, acting }, request) =>
      procedures.close(acting, create(CloseProcedureRequestSchema, request)),
  ],
];

/** `statut procedure list|show|approve|ask-changes|refuse|close` */
export function addProcedureCommand(program: Command, context: CommandContext): void {
  const procedure = program.command("procedure").description("Lists procedures and decides on them.");
  addList(procedure, context);
  addShow(procedure, context);
  for (const [name, description, decide] of decisions) {
    const command = procedure
      .command(`${name} <id>`)
      .description(description)
      .requiredOption("--reason <text>", "why, 1 to 500 characters: the partner reads it", checkReason)
      .option("--apply", "do it; without, only tell what would be done")
      .option("--json", "print one JSON document");
    if (name === "approve") command.option("--closeness", "approve the declared closeness of purposes too");
    command
      .addHelpText("after", `\nExample:\n  statut procedure ${name} prc_4a0c… --reason "Article 2" --apply`)
      .action((id: string, options: DecideOptions) => runDecision(id, name, decide, options, context));
  }
}

function addList(procedure: Command, context: CommandContext): void {
  procedure
    .command("list")
    .description("Lists procedures, those that were submitted first in front.")
    .addOption(new Option("--state <state>", "only those in this state").choices(procedureStates))
    .option("--json", "print one JSON document for each procedure")
    .addHelpText("after", "\nExample:\n  statut procedure list --state requested")
    .action(async ({ state, json }: { readonly state?: ProcedureState; readonly json?: true }) => {
      const write = json ? documentOf : rowOf;
      await withTokens(context, async (use) => {
        for await (const one of allProcedures(use, state)) context.stdout.write(`${write(one)}\n`);
      });
    });
}

async function* allProcedures(
  { procedures, acting }: TerminalUse,
  state: ProcedureState | undefined,
): AsyncIterable<Procedure> {
  for (let pageToken = ""; ; ) {
    const page = await procedures.list(
      acting,
      create(ListProceduresRequestSchema, {
        ...{ pageSize: 200, pageToken, orderBy: "update_time" },
        ...(state !== undefined && { state: stateNumbers[state] }),
      }),
    );
    yield* page.procedures;
    if (page.nextPageToken === "") return;
    pageToken = page.nextPageToken;
  }
}

function addShow(procedure: Command, context: CommandContext): void {
  procedure
    .command("show <id>")
    .description("Shows a procedure: what counts, and what is pending.")
    .option("--json", "print one JSON document on one line")
    .addHelpText("after", "\nExample:\n  statut procedure show prc_4a0c…")
    .action(async (id: string, { json }: { readonly json?: true }) => {
      const { procedure: shown } = await withTokens(context, ({ procedures, acting }) =>
        found("procedure", id, procedures.get(acting, create(GetProcedureRequestSchema, { id }))),
      );
      const document = toJson(ProcedureSchema, shown);
      context.stdout.write(`${json ? terminalJson(document) : JSON.stringify(document, null, 2)}\n`);
    });
}

async function runDecision(
  id: string,
  name: string,
  decide: Decide,
  options: DecideOptions,
  context: CommandContext,
): Promise<void> {
  const applied = options.apply === true;
  const { procedure } = await withTokens(context, (use) =>
    found("procedure", id, decideOn(use, id, decide, options)),
  );
  if (procedure === undefined) throw new Error("the decision gave no procedure");
  if (options.json) {
    const document = toJson(ProcedureSchema, procedure) as Record<string, unknown>;
    context.stdout.write(`${terminalJson({ ...document, applied })}\n`);
    return;
  }
  const told = `${name}: ${rowOf(procedure)}`;
  context.stdout.write(applied ? `done: ${told}\n` : `would ${told}; add --apply to do it\n`);
}

/** What is decided on is what is read now. */
async function decideOn(use: TerminalUse, id: string, decide: Decide, options: DecideOptions) {
  const { procedures, acting } = use;
  const { procedure } = await procedures.get(acting, create(GetProcedureRequestSchema, { id }));
  const { reason } = options;
  const request = { id, etag: procedure.etag, reason, requestId: randomUUID() };
  return decide(use, { ...request, validateOnly: options.apply !== true }, options);
}

function rowOf(procedure: Procedure): string {
  const { id, partnerSiret, partnerName } = procedure;
  const state = procedureStates.find((name) => stateNumbers[name] === procedure.state) ?? "";
  const name = (procedure.proposal ?? procedure.approved)?.name ?? "";
  return `${id}  ${state.padEnd("changes_requested".length)}  ${partnerSiret}  ${terminalText(`${partnerName} · ${name}`)}`;
}

function documentOf(procedure: Procedure): string {
  return terminalJson(toJson(ProcedureSchema, procedure));
}
