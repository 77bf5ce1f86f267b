import type { Command } from "commander";
import { terminalActor } from "../audit/actor.ts";
import { findPartnerAtTerminal, setPartnerState } from "../partner/terminal-partner-storage.ts";
import type { CommandContext } from "./command.ts";
import { checkReason } from "./option-readers.ts";
import { withMain } from "./with-main.ts";

interface ChangeOptions {
  readonly reason: string;
  readonly apply?: true;
  readonly json?: true;
}

/** `statut partner suspend|reinstate` */
export function addPartnerCommand(program: Command, context: CommandContext): void {
  const partner = program.command("partner").description("Suspends and reinstates partners.");
  addChange(
    partner,
    "suspend",
    "suspended",
    "Refuses all tokens of a partner, on every instance within a second.",
  );
  addChange(partner, "reinstate", "active", "Serves the tokens of a suspended partner again.");

  function addChange(
    family: Command,
    verb: string,
    state: "active" | "suspended",
    description: string,
  ): void {
    family
      .command(`${verb} <siret>`)
      .description(description)
      .requiredOption("--reason <text>", "why, 1 to 500 characters", checkReason)
      .option("--apply", "do it; without, only tell what would be done")
      .option("--json", "print one JSON document")
      .addHelpText(
        "after",
        `
Example:
  statut partner ${verb} 13002526500013 --reason "Article 5" --apply`,
      )
      .action((siret: string, options: ChangeOptions) => changeState(siret, state, options, context));
  }
}

async function changeState(
  siret: string,
  state: "active" | "suspended",
  options: ChangeOptions,
  context: CommandContext,
): Promise<void> {
  const applied = options.apply === true;
  const partner = await withMain(context, async ({ database, ledger }) => {
    const known = await findPartnerAtTerminal(database.knex, siret);
    if (known === undefined) throw new Error(`no partner has the SIRET ${JSON.stringify(siret)}`);
    if (known.state === "terminated") throw new Error("this partner is terminated, which is final");
    if (applied) {
      await ledger.change(terminalActor(), (transaction) =>
        setPartnerState(transaction, known, state, options.reason),
      );
    }
    return known;
  });
  if (options.json) {
    const document = { siret, name: partner.name, before: partner.state, after: state, applied };
    context.stdout.write(`${JSON.stringify(document)}\n`);
    return;
  }
  const what = `${siret} (${partner.name}) from ${partner.state} to ${state}`;
  context.stdout.write(applied ? `changed: ${what}\n` : `would change: ${what}; add --apply to do it\n`);
}
