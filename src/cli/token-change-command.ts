// Changes of tokens at the terminal. Without --apply each is tried and rolled back: what it would do, or be refused
// with, is known before it is done.
import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Command } from "commander";
import {
  GetTokenRequestSchema,
  MarkTokenLeakedRequestSchema,
  ProlongTokenRequestSchema,
  RevokeTokenRequestSchema,
  RotateTokenRequestSchema,
  SetTokenRateRequestSchema,
  type Token,
} from "../gen/statutetudiant/token/v1/token_pb.ts";
import { type CommandContext, exitCode } from "./command.ts";
import { checkReason, readInstant, readWholeNumber } from "./option-readers.ts";
import { terminalJson } from "./terminal-text.ts";
import { readConfirmations } from "./token-confirmations.ts";
import { instantText, tokenDocument, tokenName } from "./token-text.ts";
import { found, type TerminalUse, withTokens } from "./with-tokens.ts";

interface ChangeOptions {
  readonly apply?: true;
  readonly json?: true;
}

interface Changed {
  readonly token?: Token | undefined;
  readonly secret?: string;
}

type Change = (use: TerminalUse, request: ChangeHeader, context: CommandContext) => Promise<Changed>;
type ChangeHeader = { readonly id: string; readonly requestId: string; readonly validateOnly: boolean };

export function addTokenChanges(token: Command, context: CommandContext): void {
  addRevoke(token, context);
  addLeaked(token, context);
  addRotate(token, context);
  addProlong(token, context);
  addRate(token, context);
}

function addRevoke(token: Command, context: CommandContext): void {
  change(token, "revoke", "Revokes a token for ever, on every instance within a second.")
    .requiredOption("--reason <text>", "why, 1 to 500 characters", checkReason)
    .option("--at <instant>", "from this instant on (ISO 8601 with a zone); now", readInstant)
    .addHelpText("after", example('revoke tok_4a0c… --reason "Démarche close" --apply'))
    .action(async (id: string, options: ChangeOptions & { reason: string; at?: number }) => {
      const { reason, at } = options;
      if (at !== undefined && at < context.clock.now()) {
        context.stderr.write("error: --at must not lie in the past\n");
        context.setExitCode(exitCode.usage);
        return;
      }
      await run(id, "revoke", options, context, ({ tokens, acting }, header) => {
        const revokeTime = at === undefined ? {} : { revokeTime: timestampFromMs(at) };
        return tokens.revoke(acting, create(RevokeTokenRequestSchema, { ...header, reason, ...revokeTime }));
      });
    });
}

function addLeaked(token: Command, context: CommandContext): void {
  change(token, "leaked", "Says that others know a token: revokes it at once and notifies its contacts.")
    .requiredOption("--reason <text>", "where and how it came out, 1 to 500 characters", checkReason)
    .addHelpText("after", example('leaked tok_4a0c… --reason "Publié sur un dépôt de code" --apply'))
    .action((id: string, options: ChangeOptions & { reason: string }) =>
      run(id, "mark as leaked", options, context, ({ tokens, acting }, header) =>
        tokens.markLeaked(
          acting,
          create(MarkTokenLeakedRequestSchema, { ...header, reason: options.reason }),
        ),
      ),
    );
}

function addRotate(token: Command, context: CommandContext): void {
  change(token, "rotate", "Breaks the glass: gives a token a new secret, and prints it, once.")
    .option("--overlap-days <days>", "0 to 30: the last secret works on; 0", readWholeNumber, 0)
    .option("--last-secret-lost", "the last secret was never put to use: it stops at once")
    .addHelpText("after", example("rotate tok_4a0c… --overlap-days 7 --apply"))
    .action((id: string, options: ChangeOptions & { overlapDays: number; lastSecretLost?: true }) =>
      run(id, "rotate", options, context, async ({ tokens, acting }, header) => {
        const { overlapDays, lastSecretLost = false } = options;
        const { token: read } = await tokens.get(acting, create(GetTokenRequestSchema, { id }));
        const edit = { etag: read.etag, overlapDays, lastSecretLost };
        return tokens.rotate(acting, create(RotateTokenRequestSchema, { ...header, ...edit }));
      }),
    );
}

function addProlong(token: Command, context: CommandContext): void {
  change(token, "prolong", "Prolongs a token that ends within 90 days, and prints what is confirmed by that.")
    .option("--valid-days <days>", "1 to 548 from now; 548", readWholeNumber, 0)
    .addHelpText("after", example("prolong tok_4a0c… --apply"))
    .action((id: string, options: ChangeOptions & { validDays: number }) =>
      run(id, "prolong", options, context, async (use, header) => {
        const confirmed = await readConfirmations(use, id);
        for (const line of confirmed.lines) context.stderr.write(`confirms: ${line}\n`);
        const { validDays } = options;
        return use.tokens.prolong(
          use.acting,
          create(ProlongTokenRequestSchema, { ...header, validDays, ...confirmed.records }),
        );
      }),
    );
}

function addRate(token: Command, context: CommandContext): void {
  change(token, "rate", "Gives a token a rate of its own.")
    .requiredOption("--rate <calls>", "calls per second; 0: the service's default", readWholeNumber)
    .requiredOption("--reason <text>", "why, 1 to 500 characters", checkReason)
    .addHelpText("after", example('rate tok_4a0c… --rate 10 --reason "Rentrée" --apply'))
    .action((id: string, options: ChangeOptions & { rate: number; reason: string }) =>
      run(id, "set the rate of", options, context, async ({ tokens, acting }, header) => {
        const { token: read } = await tokens.get(acting, create(GetTokenRequestSchema, { id }));
        const edit = { etag: read.etag, callsPerSecond: options.rate, reason: options.reason };
        return tokens.setRate(acting, create(SetTokenRateRequestSchema, { ...header, ...edit }));
      }),
    );
}

function change(token: Command, name: string, description: string): Command {
  return token
    .command(`${name} <id>`)
    .description(description)
    .option("--apply", "do it; without, only tell what would be done")
    .option("--json", "print one JSON document");
}

function example(words: string): string {
  return `\nExample:\n  statut token ${words}`;
}

async function run(
  id: string,
  what: string,
  options: ChangeOptions,
  context: CommandContext,
  work: Change,
): Promise<void> {
  const applied = options.apply === true;
  const header = { id, requestId: randomUUID(), validateOnly: !applied };
  const { token, secret } = await withTokens(context, (use) =>
    found("token", id, work(use, header, context)),
  );
  if (token === undefined) throw new Error("the change gave no token");
  if (options.json) {
    const shown = secret ? { token: secret } : {};
    context.stdout.write(`${terminalJson({ ...shown, ...tokenDocument(token), applied })}\n`);
    return;
  }
  if (secret) context.stdout.write(`token: ${secret}\n`);
  const end = instantText(token.revokeTime ?? token.expireTime);
  const line = `${what}: ${token.id} (${tokenName(token)}), which ends at ${end}`;
  const told = applied ? `done: ${line}\n` : `would ${line}; add --apply to do it\n`;
  (secret ? context.stderr : context.stdout).write(told);
}
