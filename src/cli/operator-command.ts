import { type Command, Option } from "commander";
import {
  type OperatorBodyName,
  type OperatorRoleName,
  operatorBodies,
  operatorRoles,
} from "../access/person.ts";
import { terminalActor } from "../audit/actor.ts";
import { createOperator } from "../operator/create-operator.ts";
import type { CommandContext } from "./command.ts";
import { readEmail, readName } from "./option-readers.ts";
import { withMain } from "./with-main.ts";

interface CreateOptions {
  readonly email: string;
  readonly name: string;
  readonly role: OperatorRoleName;
  readonly body: OperatorBodyName;
  readonly json?: true;
}

/** `statut operator create` */
export function addOperatorCommand(program: Command, context: CommandContext): void {
  program
    .command("operator")
    .description("Makes the accounts of operators.")
    .command("create")
    .description("Makes an operator's account and prints a code that signs in once, within 15 minutes.")
    .requiredOption("--email <address>", "e-mail address, which no other operator has", readEmail)
    .requiredOption("--name <name>", "given name and name", readName)
    .addOption(
      new Option("--role <role>", "what the operator may do")
        .choices(Object.keys(operatorRoles))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option("--body <body>", "for whom the operator acts")
        .choices(Object.keys(operatorBodies))
        .default("ministry"),
    )
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Example:
  statut operator create --email camille.martin@example.gouv.fr --name "Camille Martin" --role administrator`,
    )
    .action((options: CreateOptions) => runCreate(options, context));
}

async function runCreate({ json, ...options }: CreateOptions, context: CommandContext): Promise<void> {
  const { operator, code } = await withMain(context, ({ ledger, sessions }) =>
    ledger.change(terminalActor(options.body), async (transaction) => {
      const made = await createOperator(transaction, options);
      return { operator: made, code: await sessions.issueCode(transaction, made.id, "terminal") };
    }),
  );
  if (json) {
    const { id, name, email, role, body } = operator;
    context.stdout.write(`${JSON.stringify({ id, name, email, role, body, code })}\n`);
    return;
  }
  context.stdout.write(`code: ${code}\n`);
  context.stderr.write(`id: ${operator.id}\nThe code signs in once, within 15 minutes.\n`);
}
