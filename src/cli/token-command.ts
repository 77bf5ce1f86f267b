import { create } from "@bufbuild/protobuf";
import { type Command, Option } from "commander";
import { allScopes } from "../access/scopes.ts";
import { terminalActor } from "../audit/actor.ts";
import {
  GetTokenRequestSchema,
  ListTokensRequestSchema,
  type Token,
} from "../gen/statutetudiant/token/v1/token_pb.ts";
import { statusNumbers } from "../token/token-message.ts";
import { maxTokenDays } from "../token/token-rules.ts";
import { type TokenStatus, tokenStatuses } from "../token/token-status.ts";
import type { CommandContext } from "./command.ts";
import { issueAtTerminal } from "./issue-at-terminal.ts";
import { readInstant, readList, readWholeNumber } from "./option-readers.ts";
import { terminalJson } from "./terminal-text.ts";
import { addTokenChanges } from "./token-change-command.ts";
import { tokenDocument, tokenRow, writeInstant } from "./token-text.ts";
import { found, type TerminalUse, withTokens } from "./with-tokens.ts";

interface IssueOptions {
  readonly partnerSiret: string;
  readonly partnerName: string;
  readonly procedure: string;
  readonly scopes: string[];
  readonly expiresInDays?: number;
  readonly validFrom?: number;
  readonly network?: string[];
  readonly rate?: number;
  readonly json?: true;
}

interface ListOptions {
  readonly status?: Exclude<TokenStatus, "never used">;
  readonly json?: true;
}

/** `statut token issue|list|show|rate|revoke|rotate|prolong|leaked` */
export function addTokenCommand(program: Command, context: CommandContext): void {
  const token = program.command("token").description("Issues, lists and changes the tokens of partners.");
  addIssue(token, context);
  addList(token, context);
  addShow(token, context);
  addTokenChanges(token, context);
}

function addIssue(token: Command, context: CommandContext): void {
  token
    .command("issue")
    .description(
      "Breaks the glass: issues a token for a procedure of a partner and prints its secret, once. Partners issue theirs by themselves.",
    )
    .requiredOption("--partner-siret <siret>", "SIRET of the partner, which is made when it is new")
    .requiredOption("--partner-name <name>", "name of the partner; a known partner keeps its own")
    .requiredOption("--procedure <name>", "the procedure that the token serves")
    .requiredOption("--scopes <list>", "scopes, comma-separated", readList)
    .option("--expires-in-days <days>", `1 to ${maxTokenDays}, the default`, readWholeNumber)
    .option("--valid-from <instant>", "accepted from this instant (ISO 8601 with a zone); now", readInstant)
    .option("--network <cidr...>", "accepted from these networks only; any address")
    .option("--rate <calls>", "calls per second of its own; the service's default", readWholeNumber)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Scopes: ${[...allScopes].join(", ")}

The secret stands alone on standard output; everything else goes to standard error. The audit log records it, and
the partner sees that the token was issued at the terminal.

Example:
  statut token issue --partner-siret 13002526500013 --partner-name "Mairie d'Exemple" \\
    --procedure "Tarification des transports" --scopes mesri_admissions,mesri_admission_inscrit \\
    --network 192.0.2.0/24`,
    )
    .action((options: IssueOptions) => runIssue(options, context));
}

async function runIssue(options: IssueOptions, context: CommandContext): Promise<void> {
  const issued = await withTokens(context, ({ ledger }) =>
    issueAtTerminal(ledger, terminalActor(), {
      partnerSiret: options.partnerSiret,
      partnerName: options.partnerName,
      procedureName: options.procedure,
      scopes: options.scopes,
      networks: options.network ?? [],
      expiresInDays: options.expiresInDays,
      callsPerSecond: options.rate,
      validFrom: options.validFrom,
    }),
  );
  const validFrom = writeInstant(issued.validFrom);
  const expiresAt = writeInstant(issued.expiresAt);
  if (options.json) {
    const { secret, tokenId, scopes, networks } = issued;
    const document = { token: secret, tokenId, scopes, allowedNetworks: networks, validFrom, expiresAt };
    context.stdout.write(`${JSON.stringify(document)}\n`);
    return;
  }
  context.stdout.write(`token: ${issued.secret}\n`);
  context.stderr.write(
    `id: ${issued.tokenId}\nscopes: ${issued.scopes.join(", ")}\nvalid: from ${validFrom} to ${expiresAt}\n` +
      "This is the only time that the secret is shown.\n",
  );
}

function addList(token: Command, context: CommandContext): void {
  token
    .command("list")
    .description("Lists tokens, the newest first. Secrets are not stored and cannot be shown.")
    .addOption(
      new Option("--status <status>", "only those that stand so; active gives those never used too").choices(
        tokenStatuses.filter((status) => status !== "never used"),
      ),
    )
    .option("--json", "print one JSON document for each token")
    .addHelpText(
      "after",
      `
Example:
  statut token list --status expiring --json`,
    )
    .action(async (options: ListOptions) => {
      const write = options.json ? (token: Token) => terminalJson(tokenDocument(token)) : tokenRow;
      await withTokens(context, async (use) => {
        for await (const token of allTokens(use, options)) context.stdout.write(`${write(token)}\n`);
      });
    });
}

async function* allTokens({ tokens, acting }: TerminalUse, { status }: ListOptions): AsyncIterable<Token> {
  for (let pageToken = ""; ; ) {
    const page = await tokens.list(
      acting,
      create(ListTokensRequestSchema, {
        ...{ pageSize: 200, pageToken, orderBy: "create_time desc" },
        ...(status !== undefined && { status: statusNumbers[status] }),
      }),
    );
    yield* page.tokens;
    if (page.nextPageToken === "") return;
    pageToken = page.nextPageToken;
  }
}

function addShow(token: Command, context: CommandContext): void {
  token
    .command("show <id>")
    .description("Shows a token as its partner sees it.")
    .option("--json", "print one JSON document on one line")
    .addHelpText(
      "after",
      `
Example:
  statut token show tok_4a0c… --json`,
    )
    .action(async (id: string, { json }: { readonly json?: true }) => {
      const { token: shown } = await withTokens(context, ({ tokens, acting }) =>
        found("token", id, tokens.get(acting, create(GetTokenRequestSchema, { id }))),
      );
      const document = tokenDocument(shown);
      context.stdout.write(`${json ? terminalJson(document) : JSON.stringify(document, null, 2)}\n`);
    });
}
