import { create } from "@bufbuild/protobuf";
import { type Command, Option } from "commander";
import { type ContactRoleName, contactRoles, nameOf } from "../access/person.ts";
import {
  type Contact,
  ContactSchema,
  CreateContactRequestSchema,
  GetContactRequestSchema,
  ListContactsRequestSchema,
  RemoveContactRequestSchema,
  UpdateContactRequestSchema,
} from "../gen/statutetudiant/partner/v1/contact_pb.ts";
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
import { type MainDatabase, withMain } from "./with-main.ts";

/** `statut contact list|add|update|remove` */
export function addContactCommand(program: Command, context: CommandContext): void {
  const contact = program.command("contact").description("Keeps the people of partners.");
  addList(contact, context);
  addAdd(contact, context);
  addUpdate(contact, context);
  addRemove(contact, context);
}

function addList(family: Command, context: CommandContext): void {
  family
    .command("list <partner>")
    .description("Lists the contacts of a partner, by name.")
    .option("--json", "print one JSON document for each contact")
    .addHelpText("after", "\nExample:\n  statut contact list 13002526500013")
    .action(async (named: string, { json }: { readonly json?: true }) => {
      const contacts = await withMain(context, async (main) => {
        const { id: partnerId } = await findNamed(main, named);
        return readAll(async (pageToken) => {
          const request = requestOf(ListContactsRequestSchema, { ...wholePage, pageToken, partnerId });
          const page = await main.administration.contacts.list(actingAtTerminal(), request);
          return { items: page.contacts, nextPageToken: page.nextPageToken };
        });
      });
      printMessages(context, json, ContactSchema, contacts, rowOf);
    });
}

interface DetailOptions extends ChangeOptions {
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly role?: readonly ContactRoleName[];
}

function withDetails(command: Command): Command {
  return withChangeOptions(
    command
      .option("--phone <number>", "telephone number")
      .addOption(
        new Option("--role <role...>", "what the person is at the partner").choices(
          Object.keys(contactRoles),
        ),
      ),
  );
}

function addAdd(family: Command, context: CommandContext): void {
  withDetails(
    family
      .command("add <partner>")
      .description("Names a contact.")
      .requiredOption("--name <name>", "given and family name")
      .requiredOption("--email <address>", "e-mail address"),
  )
    .addHelpText(
      "after",
      `
Example:
  statut contact add 13002526500013 --name "Anne Le Gall" --email anne.legall@example.fr --role technical --apply`,
    )
    .action(async (named: string, options: DetailOptions) => {
      const { name = "", email = "", phone = "", role = [] } = options;
      const { contact } = await withMain(context, async (main) => {
        const { id: partnerId } = await findNamed(main, named);
        const roles = role.map((one) => contactRoles[one]);
        const request = { ...writeFields(options), partnerId, name, email, phone, roles };
        return main.administration.contacts.create(
          actingAtTerminal(),
          requestOf(CreateContactRequestSchema, request),
        );
      });
      tellContact(context, options, `${name} added`, contact);
    });
}

function addUpdate(family: Command, context: CommandContext): void {
  withDetails(
    family
      .command("update <id>")
      .description("Changes a contact; --role gives all its roles anew.")
      .option("--name <name>", "new name")
      .option("--email <address>", "new e-mail address, which counts once its owner has confirmed it"),
  )
    .addHelpText("after", "\nExample:\n  statut contact update ctc_4a0c… --role technical business --apply")
    .action(async (id: string, options: DetailOptions) => {
      const { name, email, phone, role = [] } = options;
      const { contact } = await withMain(context, async (main) => {
        const request = requestOf(UpdateContactRequestSchema, {
          ...{ ...writeFields(options), id, etag: await readEtag(main, id) },
          ...(name !== undefined && { name }),
          ...(email !== undefined && { email }),
          ...(phone !== undefined && { phone }),
          roles: role.map((one) => contactRoles[one]),
        });
        return main.administration.contacts.update(actingAtTerminal(), request);
      });
      const waits = contact?.pendingEmail ? `; ${contact.pendingEmail} waits for its confirmation` : "";
      tellContact(context, options, `${id} updated${waits}`, contact);
    });
}

function addRemove(family: Command, context: CommandContext): void {
  withChangeOptions(
    withReason(family.command("remove <id>").description("Removes a contact and ends its sessions.")),
  )
    .addHelpText("after", `\nExample:\n  statut contact remove ctc_4a0c… --reason "Départ" --apply`)
    .action(async (id: string, options: ChangeOptions & { readonly reason: string }) => {
      const { reason } = options;
      const removed = await withMain(context, async (main) => {
        const { contact } = await read(main, id);
        const request = { ...writeFields(options), id, etag: contact.etag ?? "", reason };
        await main.administration.contacts.remove(
          actingAtTerminal(),
          requestOf(RemoveContactRequestSchema, request),
        );
        return create(ContactSchema, contact);
      });
      tellContact(context, options, `${id} (${removed.name}) removed`, removed);
    });
}

function read({ administration }: MainDatabase, id: string) {
  return administration.contacts.get(actingAtTerminal(), requestOf(GetContactRequestSchema, { id }));
}

async function readEtag(main: MainDatabase, id: string): Promise<string> {
  return (await read(main, id)).contact.etag ?? "";
}

function tellContact(
  context: CommandContext,
  options: ChangeOptions,
  what: string,
  contact: Contact | undefined,
): void {
  tellChange(context, options, what, ContactSchema, contact ?? create(ContactSchema));
}

function rowOf(contact: Contact): readonly string[] {
  const roles = contact.roles.map((role) => nameOf(contactRoles, role) ?? "");
  return [contact.id, roles.join(","), contact.name, contact.email];
}
