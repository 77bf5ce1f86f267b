// Opening one call whose sealed facts cannot be read any more; all else is asked of the whole service in
// search-calls.test.ts.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { OpenCallRequestSchema } from "../../src/gen/statutetudiant/journal/v1/journal_pb.ts";
import { type JournalKeys, parseJournalKeys } from "../../src/journal/journal-keys.ts";
import { createJournalReader } from "../../src/journal/journal-storage.ts";
import { createCallOpening } from "../../src/journal/open-call.ts";
import { ask, openWorld } from "../administration/world.ts";
import { bothDatabases } from "../support/both-databases.ts";
import { keys, line, oldKeyText, openJournal } from "./fixture.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

for (const kind of databases.kinds) {
  test(`a call under a key that is gone leaves its event, and shows nothing, on ${kind.name}`, async () => {
    await using world = await openWorld(kind);
    await using place = await kind.open();
    await using opened = await openJournal(place.location, keys);
    await opened.journal.append(line({ requestId: "first" }));
    const { ledger, instructor, database } = world;
    const open = (ring: JournalKeys, reason: string) => {
      const reader = createJournalReader(opened.database, ring);
      const request = ask(OpenCallRequestSchema, { callId: "first", reason });
      return createCallOpening({ reader, keys: ring, ledger })(instructor, request);
    };
    assert.equal((await open(keys, "Demande 1"))?.ine, "1234567890A");
    const others = parseJournalKeys(oldKeyText.replace("old", "other"));
    assert.equal(await open(others, "Demande 2"), undefined);
    const events = await database.knex("audit_events").where("action", "journal.open").orderBy("seq");
    assert.deepEqual(
      events.map(({ subject_id, reason }) => [subject_id, reason]),
      [
        ["first", "Demande 1"],
        ["first", "Demande 2"],
      ],
    );
  });
}
