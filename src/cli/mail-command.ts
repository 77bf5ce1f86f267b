import { randomUUID } from "node:crypto";
import { create, toJson } from "@bufbuild/protobuf";
import { type Command, Option } from "commander";
import { terminalActor } from "../audit/actor.ts";
import { MailSchema, RetryMailRequestSchema } from "../gen/statutetudiant/mail/v1/mail_pb.ts";
import { renderLetter } from "../mail/mail-content.ts";
import { type MailState, mailStates } from "../mail/mail-state.ts";
import { createMailStorage } from "../mail/mail-storage.ts";
import { createMails, describeMail, mailStateNumbers } from "../mail/mails.ts";
import { sampleLetters } from "../notice/sample-letters.ts";
import type { CommandContext } from "./command.ts";
import { checkReason, readWholeNumber } from "./option-readers.ts";
import { terminalJson, terminalText } from "./terminal-text.ts";
import { withMain } from "./with-main.ts";

interface ListOptions {
  readonly state?: MailState[];
  readonly about?: string;
  readonly limit: number;
  readonly json?: true;
}

interface RetryOptions {
  readonly reason: string;
  readonly apply?: true;
  readonly json?: true;
}

/** `statut mail list|retry|preview` */
export function addMailCommand(program: Command, context: CommandContext): void {
  const mail = program
    .command("mail")
    .description("Shows e-mail and who got it, and sends again what did not arrive.");
  mail
    .command("list")
    .description(
      "Lists messages, the latest first: state, when it was made and settled, template, address, reply.",
    )
    .addOption(new Option("--state <state...>", "only those in these states").choices(mailStates))
    .option("--about <id>", "only those that tell of an incident, a change… (inc_…, chg_…)")
    .option("--limit <rows>", "1 to 200", readWholeNumber, 50)
    .option("--json", "print one JSON document for each")
    .addHelpText("after", "\nExample:\n  statut mail list --state dead unconfirmed")
    .action((options: ListOptions) => runList(options, context));
  mail
    .command("retry <id>")
    .description("Queues a dead or unconfirmed message again. An unconfirmed one may arrive twice then.")
    .requiredOption("--reason <text>", "why, 1 to 500 characters", checkReason)
    .option("--apply", "do it; without, only tell what would be done")
    .option("--json", "print one JSON document")
    .action((id: string, options: RetryOptions) => runRetry(id, options, context));
  mail
    .command("preview [template]")
    .description("Prints a template with invented facts; without a name, lists the templates.")
    .option("--html", "print the HTML instead of the plain text")
    .option("--json", "print one JSON document")
    .action((name: string | undefined, options: { readonly html?: true; readonly json?: true }) =>
      runPreview(name, options, context),
    );
}

async function runList(options: ListOptions, context: CommandContext): Promise<void> {
  const { rows } = await withMain(context, ({ database, ledger }) =>
    createMails({ storage: createMailStorage(database), ledger }).list({
      ...{ pageSize: options.limit, pageToken: "", orderBy: "", about: options.about ?? "" },
      states: (options.state ?? []).map((state) => mailStateNumbers[state]),
    }),
  );
  for (const row of rows) {
    const { id, state, kind, recipient, settledAt, lastReply = "" } = row;
    const settled = settledAt === undefined ? "-".padEnd(24) : writeInstant(settledAt);
    const line = options.json
      ? terminalJson(toJson(MailSchema, create(MailSchema, describeMail(row)), { alwaysEmitImplicit: true }))
      : terminalText(
          `${id}  ${state.padEnd(12)}  ${writeInstant(row.createdAt)}  ${settled}  ${kind}  ${recipient.address}  ${lastReply}`,
        );
    context.stdout.write(`${line}\n`);
  }
}

async function runRetry(mailId: string, options: RetryOptions, context: CommandContext): Promise<void> {
  const applied = options.apply === true;
  const requestId = randomUUID();
  const request = create(RetryMailRequestSchema, {
    requestId,
    mailId,
    reason: options.reason,
    validateOnly: !applied,
  });
  const answer = await withMain(context, ({ database, ledger }) =>
    createMails({ storage: createMailStorage(database), ledger }).retry(request, terminalActor()),
  );
  if (options.json) {
    const { recipientAddress, kind } = answer.mail ?? {};
    context.stdout.write(`${terminalJson({ mailId, kind, recipientAddress, applied })}\n`);
    return;
  }
  const what = terminalText(`${mailId} to ${answer.mail?.recipientAddress ?? ""}`);
  context.stdout.write(applied ? `queued: ${what}\n` : `would queue: ${what}; add --apply to do it\n`);
}

async function runPreview(
  name: string | undefined,
  options: { readonly html?: true; readonly json?: true },
  context: CommandContext,
): Promise<void> {
  if (name === undefined) {
    const names = Object.keys(sampleLetters);
    context.stdout.write(options.json ? `${terminalJson(names)}\n` : `${names.join("\n")}\n`);
    return;
  }
  const letter = Object.hasOwn(sampleLetters, name) ? sampleLetters[name] : undefined;
  if (letter === undefined)
    throw new Error(`no template is named ${JSON.stringify(name)}: see \`statut mail preview\``);
  const { subject, text, html } = renderLetter(letter(), "Camille Martin");
  if (options.json) context.stdout.write(`${terminalJson({ subject, text, html })}\n`);
  else context.stdout.write(options.html ? html : `Objet : ${subject}\n\n${text}`);
}

function writeInstant(instant: number): string {
  return new Date(instant).toISOString();
}
