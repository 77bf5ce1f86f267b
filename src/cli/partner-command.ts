import { create } from "@bufbuild/protobuf";
import { type Command, Option } from "commander";
import { nameOf } from "../access/person.ts";
import {
  DeclareFranceConnectRequestSchema,
  GetPartnerRequestSchema,
  ListPartnersRequestSchema,
  type Partner,
  PartnerSchema,
  RegisterPartnerRequestSchema,
  UpdatePartnerRequestSchema,
  VerifyEligibilityRequestSchema,
} from "../gen/statutetudiant/partner/v1/partner_pb.ts";
import { legalCategories, partnerStates } from "../partner/partner-message.ts";
import type { PartnerStateName } from "../partner/partner-states.ts";
import type { LegalCategoryName } from "../partner/partner-storage.ts";
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
import { findNamed } from "./find-named-partner.ts";
import { addPartnerDecisions } from "./partner-decision-command.ts";
import { withMain } from "./with-main.ts";

/** `statut partner …` */
export function addPartnerCommand(program: Command, context: CommandContext): void {
  const partner = program
    .command("partner")
    .description("Admits, lists, suspends, reinstates and terminates partners.");
  addList(partner, context);
  addShow(partner, context);
  addRegister(partner, context);
  addUpdate(partner, context);
  addFranceConnect(partner, context);
  addVerify(partner, context);
  addPartnerDecisions(partner, context);
}

interface ListOptions {
  readonly state?: PartnerStateName;
  readonly name?: string;
  readonly json?: true;
}

function addList(family: Command, context: CommandContext): void {
  family
    .command("list")
    .description("Lists partners, the oldest first.")
    .addOption(new Option("--state <state>", "in this state").choices(Object.keys(partnerStates)))
    .option("--name <part>", "whose name holds this text")
    .option("--json", "print one JSON document for each partner")
    .addHelpText("after", "\nExample:\n  statut partner list --state requested")
    .action(async ({ state, name, json }: ListOptions) => {
      const filter = { ...(state && { state: partnerStates[state] }), namePart: name ?? "" };
      const partners = await withMain(context, ({ administration }) =>
        readAll(async (pageToken) => {
          const request = requestOf(ListPartnersRequestSchema, { ...wholePage, pageToken, ...filter });
          const page = await administration.partners.list(request);
          return { items: page.partners, nextPageToken: page.nextPageToken };
        }),
      );
      printMessages(context, json, PartnerSchema, partners, rowOf);
    });
}

function addShow(family: Command, context: CommandContext): void {
  family
    .command("show <partner>")
    .description("Shows a partner, by its SIRET or identifier, and what its activation lacks, as JSON.")
    .option("--json", "print one JSON document, as it does anyway")
    .addHelpText("after", "\nExample:\n  statut partner show 13002526500013")
    .action(async (named: string) => {
      const { partner } = await withMain(context, async (main) => {
        const { id } = await findNamed(main, named);
        const request = requestOf(GetPartnerRequestSchema, { id });
        return main.administration.partners.get(actingAtTerminal(), request);
      });
      printMessages(context, true, PartnerSchema, [partner], rowOf);
    });
}

interface DetailOptions extends ChangeOptions {
  readonly name?: string;
  readonly category?: LegalCategoryName;
  readonly legalText?: string;
}

function withDetails(command: Command): Command {
  return withChangeOptions(
    command
      .addOption(new Option("--category <category>", "legal category").choices(Object.keys(legalCategories)))
      .option("--legal-text <text>", "the legal text that entitles it"),
  );
}

function addRegister(family: Command, context: CommandContext): void {
  withDetails(
    family
      .command("register <siret>")
      .description("Records the request of an organisation.")
      .requiredOption("--name <name>", "name of the organisation"),
  )
    .addHelpText(
      "after",
      `\nExample:\n  statut partner register 13002526500013 --name "Ville de Brest" --apply`,
    )
    .action(async (siret: string, options: DetailOptions) => {
      const { name = "", category, legalText = "" } = options;
      const legalCategory = category && legalCategories[category];
      const request = requestOf(RegisterPartnerRequestSchema, {
        ...{ ...writeFields(options), siret, name, legalText },
        ...(legalCategory && { legalCategory }),
      });
      const { partner } = await withMain(context, ({ administration }) =>
        administration.partners.register(actingAtTerminal(), request),
      );
      tellPartner(context, options, `${siret} (${name}) registered`, partner);
    });
}

function addUpdate(family: Command, context: CommandContext): void {
  withDetails(
    family
      .command("update <partner>")
      .description("Changes the name, the category or the legal text, which voids a verified eligibility.")
      .option("--name <name>", "new name"),
  )
    .addHelpText("after", "\nExample:\n  statut partner update 13002526500013 --category state --apply")
    .action(async (named: string, options: DetailOptions) => {
      const { name, category, legalText } = options;
      const after = await withMain(context, async (main) => {
        const { id, revision } = await findNamed(main, named);
        const request = requestOf(UpdatePartnerRequestSchema, {
          ...{ ...writeFields(options), id, etag: etagOf(revision) },
          ...(name !== undefined && { name }),
          ...(category !== undefined && { legalCategory: legalCategories[category] }),
          ...(legalText !== undefined && { legalText }),
        });
        return main.administration.partners.update(actingAtTerminal(), request);
      });
      tellPartner(context, options, `${named} updated`, after.partner);
    });
}

function addFranceConnect(family: Command, context: CommandContext): void {
  withChangeOptions(
    family
      .command("france-connect <partner>")
      .description("Declares that a partner has access to FranceConnect.")
      .option("--client-id <id>", "its client identifier there", ""),
  )
    .addHelpText("after", "\nExample:\n  statut partner france-connect 13002526500013 --apply")
    .action(async (named: string, options: ChangeOptions & { readonly clientId: string }) => {
      const { clientId } = options;
      const after = await withMain(context, async (main) => {
        const { id, revision } = await findNamed(main, named);
        const request = { ...writeFields(options), id, etag: etagOf(revision), clientId };
        return main.administration.partners.declareFranceConnect(
          actingAtTerminal(),
          requestOf(DeclareFranceConnectRequestSchema, request),
        );
      });
      tellPartner(context, options, `${named} declares FranceConnect`, after.partner);
    });
}

function addVerify(family: Command, context: CommandContext): void {
  withChangeOptions(
    withReason(
      family
        .command("verify <partner>")
        .description("Records that the eligibility of a partner was verified (terms, article 3)."),
    ),
  )
    .addHelpText(
      "after",
      `\nExample:\n  statut partner verify 13002526500013 --reason "CGCT, L. 2121-29" --apply`,
    )
    .action(async (named: string, options: ChangeOptions & { readonly reason: string }) => {
      const { reason } = options;
      const after = await withMain(context, async (main) => {
        const { id, revision } = await findNamed(main, named);
        const request = { ...writeFields(options), id, etag: etagOf(revision), reason };
        return main.administration.partners.verifyEligibility(
          actingAtTerminal(),
          requestOf(VerifyEligibilityRequestSchema, request),
        );
      });
      tellPartner(context, options, `${named} verified`, after.partner);
    });
}

function tellPartner(
  context: CommandContext,
  options: ChangeOptions,
  what: string,
  partner: Partner | undefined,
): void {
  tellChange(context, options, what, PartnerSchema, partner ?? create(PartnerSchema));
}

function rowOf(partner: Partner): readonly string[] {
  const state = nameOf(partnerStates, partner.state) ?? "";
  return [partner.id, state.padEnd("terminated".length), partner.siret, partner.name];
}
