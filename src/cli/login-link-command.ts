import type { Command } from "commander";
import type { Person } from "../access/person.ts";
import { findPeopleByEmail } from "../assembly/find-person.ts";
import { terminalActor } from "../audit/actor.ts";
import type { CommandContext } from "./command.ts";
import { checkReason, readEmail } from "./option-readers.ts";
import { withMain } from "./with-main.ts";

interface LinkOptions {
  readonly reason: string;
  readonly as?: string;
  readonly json?: true;
}

/** Where a browser opens a session with a code. A code works once: it may stand in an address. */
function linkOf(origin: string, code: string): string {
  return `${origin}/connexion/lien?code=${code}`;
}

/** `statut login-link` */
export function addLoginLinkCommand(program: Command, context: CommandContext): void {
  program
    .command("login-link <email>")
    .description(
      "Breaks the glass: prints a code, and with PUBLIC_ORIGIN a link, that signs a person in once, within 15 minutes. It is audited.",
    )
    .requiredOption("--reason <text>", "why, 1 to 500 characters", checkReason)
    .option("--as <id>", "which of the accounts of that address (opr_…, ctc_…)")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Example:
  statut login-link camille.martin@example.gouv.fr --reason "Messagerie en panne"`,
    )
    .action((email: string, options: LinkOptions) => runLink(readEmail(email), options, context));
}

async function runLink(email: string, options: LinkOptions, context: CommandContext): Promise<void> {
  const { person, code } = await withMain(context, async ({ database, ledger, sessions }) => {
    const one = choose(await findPeopleByEmail(database.knex, email), options.as);
    return ledger.change(terminalActor(), async (transaction) => {
      const { reason } = options;
      transaction.record({
        action: "session.break_glass",
        subject: one.id,
        partnerId: partnerOf(one),
        reason,
      });
      return { person: one, code: await sessions.issueCode(transaction, one.id, "terminal") };
    });
  });
  const origin = context.config().PUBLIC_ORIGIN;
  const link = origin === undefined ? undefined : linkOf(origin, code);
  if (options.json) {
    context.stdout.write(`${JSON.stringify({ id: person.id, code, link })}\n`);
    return;
  }
  context.stdout.write(`code: ${code}\n`);
  if (link !== undefined) context.stdout.write(`link: ${link}\n`);
  context.stderr.write(`for: ${person.id} (${person.name})\nThe code signs in once, within 15 minutes.\n`);
}

function choose(people: readonly Person[], id: string | undefined): Person {
  const matching = id === undefined ? people : people.filter((person) => person.id === id);
  const [person, other] = matching;
  if (person === undefined) throw new Error("nobody who may sign in has this address");
  if (other !== undefined) {
    throw new Error(
      `this address has several accounts, choose with --as: ${people.map((one) => one.id).join(", ")}`,
    );
  }
  return person;
}

function partnerOf(person: Person): string | undefined {
  return person.kind === "contact" ? person.partnerId : undefined;
}
