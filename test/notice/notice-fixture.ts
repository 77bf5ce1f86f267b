// Partners with contacts, and the use cases of notices on a database of their own.
import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { raiseVersion } from "../../src/access/access-storage.ts";
import type { ContactRoleName } from "../../src/access/person.ts";
import { holdsSecret } from "../../src/access/token-in-text.ts";
import { findRecipients } from "../../src/assembly/mail-recipients.ts";
import { createNotices } from "../../src/assembly/notices.ts";
import { systemActor } from "../../src/audit/actor.ts";
import { createLedger, type Ledger } from "../../src/audit/ledger.ts";
import { createMailStorage, type MailRecord } from "../../src/mail/mail-storage.ts";
import { createOutbox, type Outbox } from "../../src/mail/outbox.ts";
import type { NoticeUseCases } from "../../src/notice/notice-service.ts";
import { insertContact } from "../../src/partner/contact-storage.ts";
import { ensureTerminalPartner } from "../../src/partner/terminal-partner.ts";
import { createId } from "../../src/storage/create-id.ts";
import type { Database } from "../../src/storage/database.ts";
import { readPage } from "../../src/storage/page.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import { type SetClock, setClock } from "../support/set-clock.ts";

export const start = Date.parse("2026-11-25T20:00:00Z");
export const actor = systemActor("essai");

export interface NoticeBench extends AsyncDisposable {
  readonly database: Database;
  readonly clock: SetClock;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly notices: NoticeUseCases;
  /** All messages, in the order in which they were stored, or those of one kind. */
  mails(kind?: string): Promise<MailRecord[]>;
  /** Addresses that a kind of message went to. */
  told(kind: string): Promise<string[]>;
}

/** Makes a partner with one contact for each list of roles: `siret-0@…`, `siret-1@…`. Returns its identifier. */
export async function addPartner(
  database: Database,
  clock: SetClock,
  siret: string,
  ...contacts: readonly (readonly ContactRoleName[])[]
): Promise<string> {
  const partner = await createLedger({ database, clock, raiseVersion }).change(actor, (transaction) =>
    ensureTerminalPartner(transaction, { siret, name: `Mairie ${siret}` }, () => false),
  );
  for (const [index, roles] of contacts.entries()) {
    await insertContact(database.knex, {
      ...{ kind: "contact", id: createId("ctc"), partnerId: partner.id, phone: undefined },
      ...{ name: `Camille ${index}`, email: `${siret}-${index}@mairie.example`, roles: new Set(roles) },
      ...{ createdAt: clock.now(), updatedAt: clock.now(), removedAt: undefined, revision: 1 },
    });
  }
  return partner.id;
}

export async function openNoticeBench(kind: DatabaseKind): Promise<NoticeBench> {
  const fresh = await kind.open();
  const { database } = fresh;
  const clock = setClock(start);
  const ledger = createLedger({ database, clock, raiseVersion });
  const outbox = createOutbox({ clock, from: "statutetudiant@enseignementsup.gouv.fr", holdsSecret });
  const storage = createMailStorage(database);
  const mails = async (name?: string) => {
    const page = readPage({ pageSize: 200, pageToken: "", orderBy: "" }, { create_time: "created_at" });
    const { rows } = await storage.list({ states: [], about: undefined }, page);
    return rows.filter((mail) => name === undefined || mail.kind === name);
  };
  return {
    ...{ database, clock, ledger, outbox, mails },
    notices: createNotices({ database, clock, ledger, outbox, findRecipients }),
    told: async (name) => (await mails(name)).map(({ recipient }) => recipient.address).toSorted(),
    [Symbol.asyncDispose]: () => fresh[Symbol.asyncDispose](),
  };
}

let requests = 0;

/** A request with an identifier of its own. */
export function request<Schema extends DescMessage>(
  schema: Schema,
  fields: MessageInitShape<Schema>,
): MessageShape<Schema> {
  requests += 1;
  return create(schema, { requestId: `request-${requests}`, ...fields } as MessageInitShape<Schema>);
}
