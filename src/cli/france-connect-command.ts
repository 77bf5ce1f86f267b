import type { Command } from "commander";
import {
  createFranceConnectClientStorage,
  type FranceConnectClientRecord,
} from "../access/france-connect-client-storage.ts";
import {
  registerFranceConnectClient,
  revokeFranceConnectClient,
} from "../access/register-france-connect-client.ts";
import { terminalActor } from "../audit/actor.ts";
import { createDecryptionKey } from "../france-connect/create-decryption-key.ts";
import type { CommandContext } from "./command.ts";
import { findClientOwner } from "./find-client-owner.ts";
import { checkReason, readList, readWholeNumber } from "./option-readers.ts";
import { withMain } from "./with-main.ts";

interface RegisterOptions {
  readonly clientId: string;
  readonly partnerSiret: string;
  readonly procedure: string;
  readonly scopes: string[];
  readonly recipients?: string[];
  readonly network?: string[];
  readonly rate?: number;
  readonly json?: true;
}

interface RevokeOptions {
  readonly reason: string;
  readonly apply?: true;
  readonly json?: true;
}

/** `statut france-connect register|list|revoke|generate-key` */
export function addFranceConnectCommand(program: Command, context: CommandContext): void {
  const family = program
    .command("france-connect")
    .description(
      "Registers the FranceConnect clients of partners, and makes keys for FranceConnect's answers.",
    );
  addRegister(family, context);
  addList(family, context);
  addRevoke(family, context);
  addGenerateKey(family, context);
}

function addRegister(family: Command, context: CommandContext): void {
  family
    .command("register")
    .description("Registers a partner's FranceConnect client for one of its procedures, within a second.")
    .requiredOption("--client-id <id>", "the client as FranceConnect names it")
    .requiredOption("--partner-siret <siret>", "SIRET of the partner")
    .requiredOption(
      "--procedure <name>",
      "the procedure that the client serves, which the partner has already",
    )
    .requiredOption("--scopes <list>", "scopes, comma-separated; mesri_admissions at least", readList)
    .option("--recipients <list>", "SIRETs that may be recipients beside the partner's own", readList)
    .option("--network <cidr...>", "accepted from these networks only; any address")
    .option("--rate <calls>", "calls per second of its own; the service's default", readWholeNumber)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Example:
  statut france-connect register --client-id 6925fb8143c76eded44d32b40c0cb1006065f7f003de52712b78985704f39950 \\
    --partner-siret 13002526500013 --procedure "Tarification des transports" \\
    --scopes mesri_admissions,mesri_admission_inscrit`,
    )
    .action((options: RegisterOptions) => runRegister(options, context));
}

async function runRegister(options: RegisterOptions, context: CommandContext): Promise<void> {
  const request = {
    clientId: options.clientId,
    partnerSiret: options.partnerSiret,
    procedureName: options.procedure,
    scopes: options.scopes,
    recipients: options.recipients ?? [],
    networks: options.network ?? [],
    callsPerSecond: options.rate,
  };
  const id = await withMain(context, ({ ledger }) =>
    ledger.change(terminalActor(), (transaction) =>
      registerFranceConnectClient(transaction, request, findClientOwner),
    ),
  );
  context.stdout.write(options.json ? `${JSON.stringify({ id })}\n` : `registered: ${id}\n`);
}

function addList(family: Command, context: CommandContext): void {
  family
    .command("list")
    .description("Lists all registrations, the newest first.")
    .option("--json", "print one JSON document for each registration")
    .addHelpText("after", "\nExample:\n  statut france-connect list --json")
    .action(async (options: { readonly json?: true }) => {
      const clients = await withMain(context, ({ database }) =>
        createFranceConnectClientStorage(database).list(),
      );
      const write = options.json
        ? (client: FranceConnectClientRecord) => JSON.stringify(toDocument(client))
        : writeRow;
      context.stdout.write(clients.map((client) => `${write(client)}\n`).join(""));
    });
}

function addRevoke(family: Command, context: CommandContext): void {
  family
    .command("revoke <id>")
    .description("Revokes a registration for ever, on every instance within a second.")
    .requiredOption("--reason <text>", "why, 1 to 500 characters", checkReason)
    .option("--apply", "do it; without, only tell what would be done")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
The client can be registered again, which makes a registration of its own.

Example:
  statut france-connect revoke fcc_4a0c… --reason "Fin de la convention" --apply`,
    )
    .action((id: string, options: RevokeOptions) => runRevoke(id, options, context));
}

async function runRevoke(id: string, options: RevokeOptions, context: CommandContext): Promise<void> {
  const applied = options.apply === true;
  const client = await withMain(context, async ({ database, ledger }) => {
    if (applied) {
      await ledger.change(terminalActor(), (transaction) =>
        revokeFranceConnectClient(transaction, id, options.reason),
      );
    }
    return await createFranceConnectClientStorage(database).find(id);
  });
  if (client === undefined) throw new Error(`no registration has the identifier ${JSON.stringify(id)}`);
  if (options.json) {
    context.stdout.write(`${JSON.stringify({ ...toDocument(client), applied })}\n`);
    return;
  }
  const what = `${id} (${client.partnerName}, ${client.procedureName})`;
  context.stdout.write(applied ? `revoked: ${what}\n` : `would revoke: ${what}; add --apply to do it\n`);
}

function addGenerateKey(family: Command, context: CommandContext): void {
  family
    .command("generate-key")
    .description("Makes a private key for FRANCE_CONNECT_KEYS and prints it, once, as a JSON Web Key.")
    .option("--ecdh", "a key for ECDH-ES on P-256; RSA-OAEP-256 otherwise")
    .option("--json", "one JSON document, as without")
    .addHelpText(
      "after",
      `
Put it into the list {"keys":[…]} of FRANCE_CONNECT_KEYS; docs/france-connect.md tells in which order keys change.

Example:
  statut france-connect generate-key`,
    )
    .action(async ({ ecdh }: { readonly ecdh?: true }) => {
      context.stdout.write(
        `${JSON.stringify(await createDecryptionKey(ecdh ? "ECDH-ES" : "RSA-OAEP-256"))}\n`,
      );
    });
}

function writeRow(client: FranceConnectClientRecord): string {
  const { id, clientId, partnerSiret, partnerName, procedureName, scopes } = client;
  const state = statusOf(client).padEnd("terminated".length);
  return `${id}  ${state}  ${clientId}  ${partnerSiret}  ${partnerName} · ${procedureName}  ${scopes.join(",")}`;
}

function statusOf({ revokedAt, partnerState }: FranceConnectClientRecord): string {
  return revokedAt === undefined ? partnerState : "revoked";
}

function toDocument(client: FranceConnectClientRecord): Record<string, unknown> {
  const { procedureId: _procedure, partnerId: _partner, partnerState: _state, ...rest } = client;
  const instant = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());
  return {
    ...rest,
    status: statusOf(client),
    createdAt: instant(client.createdAt),
    revokedAt: instant(client.revokedAt),
  };
}
