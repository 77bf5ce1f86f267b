import { readFile } from "node:fs/promises";
import { create } from "@bufbuild/protobuf";
import type { Command } from "commander";
import {
  AcceptanceSchema,
  ListAcceptancesRequestSchema,
  ListMissingAcceptancesRequestSchema,
  ListTermsRequestSchema,
  MissingAcceptanceSchema,
  PublishTermsRequestSchema,
  TermsSchema,
} from "../gen/statutetudiant/terms/v1/terms_pb.ts";
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
import { withMain } from "./with-main.ts";

/** `statut terms list|show|publish|acceptances|missing` */
export function addTermsCommand(program: Command, context: CommandContext): void {
  const terms = program
    .command("terms")
    .description("Publishes the terms of use and tells who accepted them.");
  addList(terms, context);
  addShow(terms, context);
  addPublish(terms, context);
  addAcceptances(terms, context);
  addMissing(terms, context);
}

interface ListOptions {
  readonly json?: true;
}

function addList(family: Command, context: CommandContext): void {
  family
    .command("list")
    .description("Lists the versions, by the day from which they are in force.")
    .option("--json", "print one JSON document for each version")
    .addHelpText("after", "\nExample:\n  statut terms list")
    .action(async ({ json }: ListOptions) => {
      const versions = await withMain(context, ({ administration }) =>
        readAll(async (pageToken) => {
          const request = requestOf(ListTermsRequestSchema, { ...wholePage, pageToken });
          const page = await administration.terms.list(request);
          return { items: page.terms, nextPageToken: page.nextPageToken };
        }),
      );
      printMessages(context, json, TermsSchema, versions, ({ version, effectiveDate, major }) => [
        version,
        effectiveDate,
        major ? "major" : "minor",
      ]);
    });
}

function addShow(family: Command, context: CommandContext): void {
  family
    .command("show [version]")
    .description("Prints the text of a version; without one, of the version in force.")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  statut terms show 2026-11")
    .action(async (version: string | undefined, { json }: ListOptions) => {
      const { terms } = await withMain(context, ({ administration }) =>
        version === undefined ? administration.terms.current(undefined) : administration.terms.get(version),
      );
      if (json) printMessages(context, json, TermsSchema, [terms], () => []);
      else context.stdout.write(terms.markdown ?? "");
    });
}

interface PublishOptions extends ChangeOptions {
  readonly effectiveDate: string;
  readonly major?: true;
  readonly summary: string;
  readonly reason: string;
}

function addPublish(family: Command, context: CommandContext): void {
  withChangeOptions(
    withReason(
      family
        .command("publish <version> <file>")
        .description("Publishes a version from a Markdown file. It never changes afterwards.")
        .requiredOption("--effective-date <day>", "first day in force, YYYY-MM-DD")
        .requiredOption("--summary <text>", "what changes, in French, as the e-mail to partners says it")
        .option("--major", "a major change, of which partners are told by e-mail"),
    ),
  )
    .addHelpText(
      "after",
      `
Example:
  statut terms publish 2027-01 terms.md --effective-date 2027-01-01 --major \\
    --summary "L'article 4 précise les durées." --reason "Article 6.1" --apply`,
    )
    .action(async (version: string, file: string, options: PublishOptions) => {
      const { effectiveDate, summary, reason } = options;
      const major = options.major === true;
      const request = requestOf(PublishTermsRequestSchema, {
        ...{ ...writeFields(options), version, effectiveDate, major, summary, reason },
        markdown: (await readFile(file, "utf8")).replaceAll("\r\n", "\n"),
      });
      const { terms } = await withMain(context, ({ administration }) =>
        administration.terms.publish(actingAtTerminal(), request),
      );
      const what = `version ${version} published, in force from ${effectiveDate}`;
      tellChange(context, options, what, TermsSchema, terms ?? create(TermsSchema));
    });
}

function addAcceptances(family: Command, context: CommandContext): void {
  family
    .command("acceptances [version]")
    .description("Lists who accepted, of one version or of all, the oldest first.")
    .option("--json", "print one JSON document for each acceptance")
    .addHelpText("after", "\nExample:\n  statut terms acceptances 2026-11 --json")
    .action(async (version: string | undefined, { json }: ListOptions) => {
      const acceptances = await withMain(context, ({ administration }) =>
        readAll(async (pageToken) => {
          const filter = { ...wholePage, pageToken, version: version ?? "" };
          const request = requestOf(ListAcceptancesRequestSchema, filter);
          const page = await administration.terms.listAcceptances(actingAtTerminal(), request);
          return { items: page.acceptances, nextPageToken: page.nextPageToken };
        }),
      );
      printMessages(context, json, AcceptanceSchema, acceptances, (one) => [
        one.version,
        one.partnerId,
        one.contactName,
      ]);
    });
}

function addMissing(family: Command, context: CommandContext): void {
  family
    .command("missing <version>")
    .description("Lists the partners that have not accepted a version.")
    .option("--json", "print one JSON document for each partner")
    .addHelpText("after", "\nExample:\n  statut terms missing 2026-11")
    .action(async (version: string, { json }: ListOptions) => {
      const partners = await withMain(context, ({ administration }) =>
        readAll(async (pageToken) => {
          const request = requestOf(ListMissingAcceptancesRequestSchema, {
            ...wholePage,
            ...{ pageToken, version },
          });
          const page = await administration.terms.listMissing(request);
          return { items: page.partners, nextPageToken: page.nextPageToken };
        }),
      );
      printMessages(context, json, MissingAcceptanceSchema, partners, (partner) => [
        partner.partnerId,
        partner.siret,
        partner.acceptedVersion === "" ? "none accepted" : `accepted ${partner.acceptedVersion}`,
        partner.dueDate === "" ? "nothing due" : `due ${partner.dueDate}`,
        partner.name,
      ]);
    });
}
