import type { Command } from "commander";
import type { AccessRecord } from "../access/access-storage.ts";
import { issueToken, maxTokenDays } from "../access/issue-token.ts";
import { allScopes } from "../access/scopes.ts";
import { tokenStatus } from "../access/token-status.ts";
import { type CommandContext, exitCode } from "./command.ts";
import { checkReason, readInstant, readList, readWholeNumber } from "./option-readers.ts";
import { withAccess } from "./with-access.ts";

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

interface RevokeOptions {
  readonly reason: string;
  readonly at?: number;
  readonly apply?: true;
  readonly json?: true;
}

/** `statut token issue|list|revoke` */
export function addTokenCommand(program: Command, context: CommandContext): void {
  const token = program.command("token").description("Issues, lists and revokes the tokens of partners.");
  addIssue(token, context);
  addList(token, context);
  addRevoke(token, context);
}

function addIssue(token: Command, context: CommandContext): void {
  token
    .command("issue")
    .description("Issues a token for one procedure of a partner and prints its secret, once.")
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

The secret stands alone on standard output; everything else goes to standard error.

Example:
  statut token issue --partner-siret 13002526500013 --partner-name "Mairie d'Exemple" \\
    --procedure "Tarification des transports" --scopes mesri_admissions,mesri_admission_inscrit \\
    --network 192.0.2.0/24`,
    )
    .action((options: IssueOptions) => runIssue(options, context));
}

async function runIssue(options: IssueOptions, context: CommandContext): Promise<void> {
  const issued = await withAccess(context, (storage) =>
    issueToken(storage, context.clock, {
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
    .description("Lists all tokens, the newest first. Secrets are not stored and cannot be shown.")
    .option("--json", "print one JSON document for each token")
    .addHelpText(
      "after",
      `
Example:
  statut token list --json`,
    )
    .action(async (options: { readonly json?: true }) => {
      const tokens = await withAccess(context, (storage) => storage.listTokens());
      const now = context.clock.now();
      const lines = options.json
        ? tokens.map((record) => JSON.stringify(toDocument(record, now)))
        : tokens.map((record) => writeRow(record, now));
      context.stdout.write(lines.map((line) => `${line}\n`).join(""));
    });
}

function addRevoke(token: Command, context: CommandContext): void {
  token
    .command("revoke <id>")
    .description("Revokes a token for ever, on every instance within a second.")
    .requiredOption("--reason <text>", "why, 1 to 500 characters", checkReason)
    .option("--at <instant>", "from this instant on (ISO 8601 with a zone); now", readInstant)
    .option("--apply", "do it; without, only tell what would be done")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Example:
  statut token revoke tok_4a0c… --reason "Divulgué sur un dépôt public" --apply`,
    )
    .action((id: string, options: RevokeOptions) => runRevoke(id, options, context));
}

async function runRevoke(id: string, options: RevokeOptions, context: CommandContext): Promise<void> {
  const now = context.clock.now();
  const at = options.at ?? now;
  if (at < now) {
    context.stderr.write("error: --at must not lie in the past\n");
    context.setExitCode(exitCode.usage);
    return;
  }
  const token = await withAccess(context, async (storage) => {
    if (options.apply) await storage.revokeToken(id, at, options.reason);
    return storage.findToken(id);
  });
  if (token === undefined) throw new Error(`no token has the identifier ${JSON.stringify(id)}`);
  // A sooner revocation stays as it is.
  const revokedAt = Math.min(token.revokedAt ?? at, at);
  const applied = options.apply === true;
  if (options.json) {
    const document = { ...toDocument(token, now), revokedAt: writeInstant(revokedAt), applied };
    context.stdout.write(`${JSON.stringify(document)}\n`);
    return;
  }
  const what = `${token.tokenId} (${token.partnerName}, ${token.procedureName}) from ${writeInstant(revokedAt)}`;
  context.stdout.write(applied ? `revoked: ${what}\n` : `would revoke: ${what}; add --apply to do it\n`);
}

function writeRow(token: AccessRecord, now: number): string {
  const { tokenId, partnerSiret, partnerName, procedureName } = token;
  const status = tokenStatus(token, now).padEnd("not yet valid".length);
  const end = writeInstant(token.expiresAt).slice(0, 10);
  return `${tokenId}  ${status}  ${end}  ${partnerSiret}  ${partnerName} · ${procedureName}  ${token.scopes.join(",")}`;
}

function toDocument(token: AccessRecord, now: number): Record<string, unknown> {
  return {
    tokenId: token.tokenId,
    status: tokenStatus(token, now),
    partnerSiret: token.partnerSiret,
    partnerName: token.partnerName,
    procedureName: token.procedureName,
    scopes: token.scopes,
    allowedNetworks: token.allowedNetworks,
    callsPerSecond: token.callsPerSecond,
    validFrom: writeInstant(token.validFrom),
    expiresAt: writeInstant(token.expiresAt),
    revokedAt: token.revokedAt === undefined ? undefined : writeInstant(token.revokedAt),
    revokedReason: token.revokedReason,
  };
}

function writeInstant(instant: number): string {
  return new Date(instant).toISOString();
}
