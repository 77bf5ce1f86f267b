// `statut operator list|role|disable`
import { create } from "@bufbuild/protobuf";
import { type Command, Option } from "commander";
import { nameOf, type OperatorRoleName, operatorBodies, operatorRoles } from "../access/person.ts";
import {
  ChangeOperatorRoleRequestSchema,
  DisableOperatorRequestSchema,
  ListOperatorsRequestSchema,
  type Operator,
  OperatorSchema,
} from "../gen/statutetudiant/operator/v1/operator_pb.ts";
import { findOperator, findOperatorByEmail, type OperatorRecord } from "../operator/operator-storage.ts";
import { etagOf } from "../storage/etag.ts";
import {
  actingAtTerminal,
  type ChangeOptions,
  printMessages,
  readAll,
  requestOf,
  tellChange,
  wholePage,
  withChangeOptions,
  withReason,
  writeFields,
} from "./administer.ts";
import type { CommandContext } from "./command.ts";
import { type MainDatabase, withMain } from "./with-main.ts";

type Reasoned = ChangeOptions & { readonly reason: string };

export function addOperatorChanges(family: Command, context: CommandContext): void {
  addList(family, context);
  addRole(family, context);
  addDisable(family, context);
}

function addList(family: Command, context: CommandContext): void {
  family
    .command("list")
    .description("Lists operators, by name.")
    .option("--enabled", "leave out disabled accounts")
    .option("--json", "print one JSON document for each operator")
    .addHelpText("after", "\nExample:\n  statut operator list --enabled")
    .action(async ({ enabled, json }: { readonly enabled?: true; readonly json?: true }) => {
      const enabledOnly = enabled === true;
      const operators = await withMain(context, ({ administration }) =>
        readAll(async (pageToken) => {
          const request = requestOf(ListOperatorsRequestSchema, { ...wholePage, pageToken, enabledOnly });
          const page = await administration.operators.list(request);
          return { items: page.operators, nextPageToken: page.nextPageToken };
        }),
      );
      printMessages(context, json, OperatorSchema, operators, rowOf);
    });
}

function addRole(family: Command, context: CommandContext): void {
  withChangeOptions(
    withReason(
      family
        .command("role <operator>")
        .description("Changes the role of an operator, named by identifier or e-mail address.")
        .addOption(
          new Option("--role <role>", "what the operator may do")
            .choices(Object.keys(operatorRoles))
            .makeOptionMandatory(),
        ),
    ),
  )
    .addHelpText(
      "after",
      `\nExample:\n  statut operator role camille.martin@example.gouv.fr --role reader --reason "Mobilité" --apply`,
    )
    .action(async (named: string, options: Reasoned & { readonly role: OperatorRoleName }) => {
      const { reason, role } = options;
      const { operator } = await withMain(context, async (main) => {
        const { id, revision } = await findNamed(main, named);
        const request = { ...writeFields(options), id, etag: etagOf(revision), reason };
        return main.administration.operators.changeRole(
          actingAtTerminal(),
          requestOf(ChangeOperatorRoleRequestSchema, { ...request, role: operatorRoles[role] }),
        );
      });
      tellChange(context, options, `${named} is ${role}`, OperatorSchema, operator ?? create(OperatorSchema));
    });
}

function addDisable(family: Command, context: CommandContext): void {
  withChangeOptions(
    withReason(
      family.command("disable <operator>").description("Disables an account for ever and ends its sessions."),
    ),
  )
    .addHelpText(
      "after",
      `\nExample:\n  statut operator disable camille.martin@example.gouv.fr --reason "Départ" --apply`,
    )
    .action(async (named: string, options: Reasoned) => {
      const { reason } = options;
      const { operator } = await withMain(context, async (main) => {
        const { id, revision } = await findNamed(main, named);
        const request = { ...writeFields(options), id, etag: etagOf(revision), reason };
        return main.administration.operators.disable(
          actingAtTerminal(),
          requestOf(DisableOperatorRequestSchema, request),
        );
      });
      tellChange(context, options, `${named} disabled`, OperatorSchema, operator ?? create(OperatorSchema));
    });
}

async function findNamed({ database }: MainDatabase, name: string): Promise<OperatorRecord> {
  const find = name.startsWith("opr_") ? findOperator : findOperatorByEmail;
  const operator = await find(database.knex, name);
  if (operator === undefined)
    throw new Error(`no operator has the identifier or address ${JSON.stringify(name)}`);
  return operator;
}

function rowOf(operator: Operator): readonly string[] {
  const role = nameOf(operatorRoles, operator.role) ?? "";
  return [
    operator.id,
    role.padEnd("administrator".length),
    (nameOf(operatorBodies, operator.body) ?? "").padEnd("ministry".length),
    operator.name,
    operator.email,
    operator.disableTime === undefined ? "" : "disabled",
  ];
}
