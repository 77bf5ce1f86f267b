// A process that appends with some calls at a time and prints the request id of each answered one, until it is
// killed or has made enough calls: `LOCATION [AT-A-TIME [CALLS]]`. Its standard output must be a file.
import { writeSync } from "node:fs";
import { createJournal } from "../../src/journal/create-journal.ts";
import { parseJournalKeys } from "../../src/journal/journal-keys.ts";
import { line, oldKeyText, patientClock } from "./fixture.ts";

const [location = "", atATime = "64", calls = "Infinity"] = process.argv.slice(2);
const journal = await createJournal({
  database: JSON.parse(location),
  keys: parseJournalKeys(oldKeyText),
  clock: patientClock(),
  onError: (error) => console.error(error),
});

let left = Number(calls);

async function appendOneByOne(): Promise<void> {
  while (left > 0) {
    left -= 1;
    const next = line();
    await journal.append(next);
    // Synchronous, so that what was answered has left this process before a kill.
    writeSync(1, `${next.requestId}\n`);
  }
}

await Promise.all(Array.from({ length: Number(atATime) }, appendOneByOne));
await journal.close();
