// An outbox, its courier and a database of their own.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Courier, type CourierParts, startCourier } from "../../src/mail/courier.ts";
import { type HandOverWitness, openHandOverWitness } from "../../src/mail/hand-over-witness.ts";
import type { MailState } from "../../src/mail/mail-state.ts";
import { createMailStorage, type MailRecord, type MailStorage } from "../../src/mail/mail-storage.ts";
import { createOutbox, type Notice, type Outbox } from "../../src/mail/outbox.ts";
import { createSmtpTransport, type SmtpOptions } from "../../src/mail/smtp-transport.ts";
import type { Database } from "../../src/storage/database.ts";
import { readPage } from "../../src/storage/page.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import { type SetClock, setClock } from "../support/set-clock.ts";

export const start = Date.parse("2026-11-25T20:00:00Z");
export const sender = "API Statut étudiant <statutetudiant@enseignementsup.gouv.fr>";

export function notice(key: string): Notice {
  const letter = {
    subject: `Essai ${key}`,
    blocks: [{ paragraph: "Le service sera arrêté dimanche.\n.\n.." }],
    because: "Vous êtes contact technique (conditions générales, article 3).",
  };
  return { key, about: "inc_1", kind: "essai", letter };
}

export function recipient(name: string) {
  return { contactId: `ctc_${name}`, name: `Camille ${name}`, address: `${name}@mairie.example` };
}

export interface MailBench extends AsyncDisposable {
  readonly database: Database;
  readonly storage: MailStorage;
  readonly outbox: Outbox;
  readonly clock: SetClock;
  readonly witness: HandOverWitness;
  readonly events: string[];
  courier(url: string, parts?: Partial<CourierParts>, smtp?: Partial<SmtpOptions>): Courier;
  /** Stores notices for one recipient each, in one transaction; gives how many are new. */
  enqueue(...keys: string[]): Promise<number>;
  mails(): Promise<MailRecord[]>;
  states(): Promise<MailState[]>;
}

export async function openMailBench(kind: DatabaseKind): Promise<MailBench> {
  const fresh = await kind.open();
  const { database } = fresh;
  const dataDir = await mkdtemp(join(tmpdir(), "statut-mail-"));
  const clock = setClock(start);
  const storage = createMailStorage(database);
  const witness = openHandOverWitness(dataDir, start);
  const outbox = createOutbox({ clock, from: sender, holdsSecret: (text) => text.includes("stetu_") });
  const events: string[] = [];
  const couriers: Courier[] = [];
  const mails = async () => {
    const page = readPage({ pageSize: 200, pageToken: "", orderBy: "" }, { create_time: "created_at" });
    return (await storage.list({ states: [], about: undefined }, page)).rows;
  };
  return {
    database,
    storage,
    outbox,
    clock,
    witness,
    events,
    mails,
    courier(url, parts, smtp) {
      const courier = startCourier({
        storage,
        clock,
        witness,
        holder: `courier ${couriers.length}`,
        from: sender,
        transport: createSmtpTransport({ url, ...smtp }),
        report: (event) => events.push(event),
        random: () => 0.5,
        // Looks happen when the test says so.
        lookEveryMs: 3_600_000,
        ...parts,
      });
      couriers.push(courier);
      return courier;
    },
    enqueue: (...keys) =>
      database.knex.transaction(async (transaction) => {
        let added = 0;
        for (const key of keys) added += await outbox.enqueue(transaction, notice(key), [recipient(key)]);
        return added;
      }),
    states: async () => (await mails()).map(({ state }) => state).toSorted(),
    async [Symbol.asyncDispose]() {
      await Promise.all(couriers.map((courier) => courier.close()));
      await fresh[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
