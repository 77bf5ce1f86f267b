// What all commands that write notices share. Mail that left cannot be called back: without --apply, everything is
// tried and nothing kept.
import { randomUUID } from "node:crypto";
import {
  create,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import type { Command } from "commander";
import { type Actor, terminalActor } from "../audit/actor.ts";
import { refuseInvalid } from "../validation/refuse-invalid.ts";
import type { CommandContext } from "./command.ts";
import { terminalJson, terminalText } from "./terminal-text.ts";
import { type NoticeTools, withNotices } from "./with-notices.ts";

export interface WritingOptions {
  readonly apply?: true;
  readonly json?: true;
  readonly requestId?: string;
}

/** Adds the options that every writing command has. */
export function addWritingOptions(command: Command): Command {
  return command
    .option("--apply", "do it and send the e-mails; without, only tell what would be done")
    .option("--request-id <id>", "names the request, so that repeating it does nothing more")
    .option("--json", "print one JSON document");
}

interface Writing<Input extends DescMessage, Output extends DescMessage> {
  readonly input: Input;
  readonly output: Output;
  readonly options: WritingOptions;
  /** Makes the request, `requestId` and `validateOnly` aside. */
  readonly fill: (tools: NoticeTools) => Promise<MessageInitShape<Input>>;
  readonly run: (
    tools: NoticeTools,
    request: MessageShape<Input>,
    actor: Actor,
  ) => Promise<MessageShape<Output> & { readonly told: number }>;
  /** What is written, for people, such as `incident inc_4a… opened`. */
  readonly describe: (answer: MessageShape<Output>) => string;
}

/** Checks a request against its contract, writes it or tries to, and tells what came of it. */
export async function write<Input extends DescMessage, Output extends DescMessage>(
  context: CommandContext,
  { input, output, options, fill, run, describe }: Writing<Input, Output>,
): Promise<void> {
  const applied = options.apply === true;
  const answer = await withNotices(context, async (tools) => {
    const common = { requestId: options.requestId ?? randomUUID(), validateOnly: !applied };
    const request = create(input, { ...(await fill(tools)), ...common } as MessageInitShape<Input>);
    refuseInvalid(input, request);
    return await run(tools, request, terminalActor());
  });
  if (options.json) {
    const document = toJson(output, answer, { alwaysEmitImplicit: true }) as object;
    context.stdout.write(`${terminalJson({ ...document, applied })}\n`);
    return;
  }
  const what = terminalText(describe(answer));
  const mails = `${answer.told} e-mail${answer.told === 1 ? "" : "s"}`;
  context.stdout.write(
    applied ? `${what}; ${mails} queued\n` : `would be done: ${what}; ${mails}; add --apply to do it\n`,
  );
}

/** Prints each row of a list: one JSON document for each with --json, else one line. */
export function printRows<Row extends DescMessage>(
  context: CommandContext,
  rows: readonly MessageShape<Row>[],
  schema: Row,
  json: boolean,
  toLine: (row: MessageShape<Row>) => string,
): void {
  const write = (row: MessageShape<Row>) =>
    json ? terminalJson(toJson(schema, row, { alwaysEmitImplicit: true })) : terminalText(toLine(row));
  context.stdout.write(rows.map((row) => `${write(row)}\n`).join(""));
}
