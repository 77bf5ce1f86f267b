import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Command } from "commander";
import { verifyAudit } from "../audit/verify-audit.ts";
import { AuditEventSchema, ListAuditEventsRequestSchema } from "../gen/statutetudiant/audit/v1/audit_pb.ts";
import { actingAtTerminal, printMessages, readAll, requestOf, wholePage } from "./administer.ts";
import { type CommandContext, exitCode } from "./command.ts";
import { findNamed } from "./find-named-partner.ts";
import { readInstant } from "./option-readers.ts";
import { withMain } from "./with-main.ts";

/** `statut audit list|verify` */
export function addAuditCommand(program: Command, context: CommandContext): void {
  const audit = program.command("audit").description("Reads and verifies the log of what people changed.");
  addList(audit, context);
  addVerify(audit, context);
}

interface ListOptions {
  readonly partner?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly since?: number;
  readonly until?: number;
  readonly json?: true;
}

function addList(family: Command, context: CommandContext): void {
  family
    .command("list")
    .description("Lists events, the oldest first.")
    .option("--partner <partner>", "that concern this partner, by SIRET or identifier")
    .option("--actor <id>", "of this person, account or job")
    .option("--action <action>", "with this action, or of this kind (partner.)")
    .option("--subject <id>", "about this identifier")
    .option("--since <instant>", "from this instant on (ISO 8601 with a zone)", readInstant)
    .option("--until <instant>", "before this instant (ISO 8601 with a zone)", readInstant)
    .option("--json", "print one JSON document for each event")
    .addHelpText("after", "\nExample:\n  statut audit list --partner 13002526500013 --action partner.")
    .action(async ({ partner, since, until, json, ...options }: ListOptions) => {
      const { actor: actorId = "", action = "", subject = "" } = options;
      const events = await withMain(context, async (main) => {
        const partnerId = partner === undefined ? "" : (await findNamed(main, partner)).id;
        return readAll(async (pageToken) => {
          const request = requestOf(ListAuditEventsRequestSchema, {
            ...{ ...wholePage, pageToken, partnerId, actorId, action, subject },
            ...(since !== undefined && { startTime: timestampFromMs(since) }),
            ...(until !== undefined && { endTime: timestampFromMs(until) }),
          });
          const page = await main.administration.auditReading.list(actingAtTerminal(), request);
          return { items: page.events, nextPageToken: page.nextPageToken };
        });
      });
      printMessages(context, json, AuditEventSchema, events, (event) => [
        event.time === undefined ? "" : timestampDate(event.time).toISOString(),
        event.action,
        event.subject,
        `${event.actor?.name} (${event.actor?.body})`,
        event.reason,
      ]);
    });
}

function addVerify(family: Command, context: CommandContext): void {
  family
    .command("verify")
    .description("Checks that no event was changed, removed or put in between.")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  statut audit verify")
    .action(async ({ json }: { readonly json?: true }) => {
      const { checked, brokenSequence, lastHash } = await withMain(context, ({ database }) =>
        verifyAudit(database.knex, 0, Number.POSITIVE_INFINITY),
      );
      const isWhole = brokenSequence === 0;
      const document = { checked, isWhole, brokenSequence, lastHash: lastHash.toString("hex") };
      const line = isWhole
        ? `whole: ${checked} events, the last one hashes to ${document.lastHash}`
        : `broken: event ${brokenSequence} is not what was written`;
      context.stdout.write(`${json ? JSON.stringify(document) : line}\n`);
      if (!isWhole) context.setExitCode(exitCode.failed);
    });
}
