import { systemClock } from "../../src/clock.ts";
import { insertContact } from "../../src/partner/contact-storage.ts";
import { createId } from "../../src/storage/create-id.ts";
import { locateDatabase, openDatabase } from "../../src/storage/database.ts";
import type { RunningService } from "./service.ts";

/** Gives the demonstration's partner a technical contact: `contact@mairie.example`. */
export async function addContact({ dataDir }: RunningService): Promise<void> {
  const database = openDatabase(locateDatabase({ dataDir, databaseUrl: undefined }, "main"));
  const { id } = await database.knex("partners").select("id").first();
  const now = systemClock.now();
  // The demonstration's own contact is told of nothing: the test counts its one message.
  await database.knex("contacts").update({ removed_at: now });
  await insertContact(database.knex, {
    ...{ kind: "contact", id: createId("ctc"), partnerId: id, phone: undefined, name: "Camille Martin" },
    ...{ email: "contact@mairie.example", roles: new Set(["technical"] as const), revision: 1 },
    ...{ createdAt: now, updatedAt: now, removedAt: undefined },
  });
  await database.close();
}
