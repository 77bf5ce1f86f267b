// `statut partner activate|suspend|reinstate|terminate`
import type { Command } from "commander";
import { operatorBodies } from "../access/person.ts";
import {
  ActivatePartnerRequestSchema,
  ReinstatePartnerRequestSchema,
  SuspendPartnerRequestSchema,
  TerminatePartnerRequestSchema,
} from "../gen/statutetudiant/partner/v1/partner_pb.ts";
import { nextPartnerState, type PartnerVerb } from "../partner/partner-states.ts";
import type { PartnerRecord } from "../partner/partner-storage.ts";
import { etagOf } from "../storage/etag.ts";
import {
  actingAtTerminal,
  type DecisionOptions,
  requestOf,
  withBody,
  withChangeOptions,
  withReason,
  writeFields,
} from "./administer.ts";
import type { CommandContext } from "./command.ts";
import { findNamed } from "./find-named-partner.ts";
import { terminalJson, terminalText } from "./terminal-text.ts";
import { type MainDatabase, withMain } from "./with-main.ts";

const descriptions: Readonly<Record<PartnerVerb, string>> = {
  activate: "Lets a requested partner use the service, when nothing is missing.",
  suspend: "Refuses all tokens of a partner, on every instance within a second.",
  reinstate: "Serves the tokens of a suspended partner again.",
  terminate: "Ends a partner for ever: its tokens are refused, and nothing of it changes any more.",
};

export function addPartnerDecisions(family: Command, context: CommandContext): void {
  for (const verb of Object.keys(descriptions) as PartnerVerb[]) {
    withChangeOptions(
      withBody(withReason(family.command(`${verb} <partner>`).description(descriptions[verb]))),
    )
      .addHelpText(
        "after",
        `\nExample:\n  statut partner ${verb} 13002526500013 --reason "Article 5" --apply`,
      )
      .action((named: string, options: DecisionOptions) => decide(verb, named, options, context));
  }
}

async function decide(
  verb: PartnerVerb,
  named: string,
  options: DecisionOptions,
  context: CommandContext,
): Promise<void> {
  const { siret, name, state } = await withMain(context, async (main) => {
    const partner = await findNamed(main, named);
    await run(verb, main, partner, options);
    return partner;
  });
  const after = nextPartnerState(verb, state);
  const applied = options.apply === true;
  if (options.json) {
    context.stdout.write(`${terminalJson({ siret, name, before: state, after, applied })}\n`);
    return;
  }
  const what = terminalText(`${siret} (${name}) from ${state} to ${after}`);
  context.stdout.write(applied ? `changed: ${what}\n` : `would change: ${what}; add --apply to do it\n`);
}

async function run(
  verb: PartnerVerb,
  { administration: { decisions } }: MainDatabase,
  { id, revision }: PartnerRecord,
  options: DecisionOptions,
): Promise<void> {
  const { reason, body } = options;
  const acting = actingAtTerminal(body);
  const request = {
    ...{ ...writeFields(options), id, etag: etagOf(revision) },
    ...{ reason, body: operatorBodies[body] },
  };
  switch (verb) {
    case "activate":
      await decisions.activate(acting, requestOf(ActivatePartnerRequestSchema, request));
      return;
    case "suspend":
      await decisions.suspend(acting, requestOf(SuspendPartnerRequestSchema, request));
      return;
    case "reinstate":
      await decisions.reinstate(acting, requestOf(ReinstatePartnerRequestSchema, request));
      return;
    case "terminate":
      await decisions.terminate(acting, requestOf(TerminatePartnerRequestSchema, request));
  }
}
