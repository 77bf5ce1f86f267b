// What the commands that administer partners share: whom they act for, dry runs, and how they print messages.
import { randomUUID } from "node:crypto";
import {
  create,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import { type Command, Option } from "commander";
import { type OperatorBodyName, operatorBodies } from "../access/person.ts";
import type { Acting } from "../audit/acting.ts";
import { terminalActor } from "../audit/actor.ts";
import { maxPageSize } from "../storage/page.ts";
import { refuseInvalid } from "../validation/refuse-invalid.ts";
import type { CommandContext } from "./command.ts";
import { checkReason } from "./option-readers.ts";
import { terminalJson, terminalText } from "./terminal-text.ts";

export interface ChangeOptions {
  readonly apply?: true;
  readonly json?: true;
}

export interface DecisionOptions extends ChangeOptions {
  readonly reason: string;
  readonly body: OperatorBodyName;
}

/** `--apply` and `--json`. */
export function withChangeOptions(command: Command): Command {
  return command
    .option("--apply", "do it; without, only check and tell what would be done")
    .option("--json", "print one JSON document");
}

export function withReason(command: Command): Command {
  return command.requiredOption("--reason <text>", "why, 1 to 500 characters", checkReason);
}

/** `--body`: decisions are taken for one of two bodies (terms, article 5). */
export function withBody(command: Command): Command {
  return command.addOption(
    new Option("--body <body>", "for whom it is decided")
      .choices(Object.keys(operatorBodies))
      .default("ministry"),
  );
}

/** Whoever sits at the terminal: reaches all partners, and acts for the body that is named. */
export function actingAtTerminal(body?: OperatorBodyName): Acting {
  return { actor: terminalActor(body), partnerId: undefined };
}

/** A request as the service would get it: the contract's rules hold here too. Errors: `invalid_request`. */
export function requestOf<Desc extends DescMessage>(
  schema: Desc,
  init: MessageInitShape<Desc>,
): MessageShape<Desc> {
  const request = create(schema, init);
  refuseInvalid(schema, request);
  return request;
}

/** What every write request holds: an identifier of its own, and whether it is only tried. */
export function writeFields({ apply }: ChangeOptions) {
  return { requestId: randomUUID(), validateOnly: apply !== true };
}

/** Tells what was done, or would be. `what` may hold texts of others. */
export function tellChange<Desc extends DescMessage>(
  context: CommandContext,
  { apply, json }: ChangeOptions,
  what: string,
  schema: Desc,
  message: MessageInitShape<Desc>,
): void {
  const applied = apply === true;
  if (json) {
    const document = toJson(schema, create(schema, message)) as object;
    context.stdout.write(`${terminalJson({ ...document, applied })}\n`);
    return;
  }
  const line = terminalText(what);
  context.stdout.write(applied ? `changed: ${line}\n` : `would change: ${line}; add --apply to do it\n`);
}

/** Prints one line for each message: JSON as the contract says, or a row. */
export function printMessages<Desc extends DescMessage>(
  context: CommandContext,
  json: boolean | undefined,
  schema: Desc,
  messages: readonly MessageInitShape<Desc>[],
  rowOf: (message: MessageShape<Desc>) => readonly string[],
): void {
  const lines = messages.map((init) => {
    const message = create(schema, init);
    return json ? terminalJson(toJson(schema, message)) : rowOf(message).map(terminalText).join("  ");
  });
  context.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextPageToken: string;
}

/** All items of a list, page after page. */
export async function readAll<Item>(read: (pageToken: string) => Promise<Page<Item>>): Promise<Item[]> {
  const all: Item[] = [];
  for (let pageToken = ""; ; ) {
    const page = await read(pageToken);
    all.push(...page.items);
    if (page.nextPageToken === "") return all;
    pageToken = page.nextPageToken;
  }
}

/** The largest page, to read a list in few steps. */
export const wholePage = { pageSize: maxPageSize, orderBy: "" };
