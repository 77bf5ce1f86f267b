// The thread that reads the geographic code: one message, then it ends.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parentPort } from "node:worker_threads";
import { buildCommuneIndex, type CommuneRecord } from "./commune-index.ts";

const file = createRequire(import.meta.url).resolve("@etalab/decoupage-administratif/data/communes.json");
parentPort?.postMessage(buildCommuneIndex(JSON.parse(readFileSync(file, "utf8")) as CommuneRecord[]));
