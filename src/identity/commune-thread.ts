// The thread that reads the geographic code: one message, then it ends.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parentPort } from "node:worker_threads";
import { buildCommuneIndex, type CommuneRecord } from "./commune-index.ts";

const file = createRequire(import.meta.url).resolve("@etalab/decoupage-administratif/data/communes.json");

/** The package writes one record on each line: read one by one, they are garbage before the next one. */
function* readRecords(bytes: Buffer): Generator<CommuneRecord> {
  let start = 0;
  for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
    const line = bytes.toString("utf8", start, end).trim();
    start = end + 1;
    if (line.startsWith("{"))
      yield JSON.parse(line.endsWith(",") ? line.slice(0, -1) : line) as CommuneRecord;
  }
}

const lineFeed = 10;

const index = buildCommuneIndex(readRecords(readFileSync(file)));
if (index.names.size === 0) throw new Error("the geographic code has no longer one record on each line");
parentPort?.postMessage(index);
