// Birthplaces: commune names and COG codes of all times. The data package is read in a thread that ends, so that the
// start stays fast, no call waits behind the parsing, and only a compact index stays in memory.

import { Worker } from "node:worker_threads";
import type { Awaitable } from "../awaitable.ts";
import { type CommuneIndex, communeKey, looseKey } from "./commune-index.ts";
import type { Birthplace } from "./match.ts";

export interface CommuneDirectory {
  /** The birthplace that a COG code of a commune or country means. Unknown codes mean themselves. */
  byCode(code: string): Awaitable<Birthplace>;
  /** The one that a commune's name, current or former, means in a department; undefined: no commune's. */
  byName(name: string, department: string): Awaitable<Birthplace | undefined>;
  /** Whether there is such a commune in that department; undefined until the index is in memory. */
  knowsName(name: string, department: string): boolean | undefined;
  /** Resolves when the index is in memory. The first use starts it otherwise. */
  load(): Promise<void>;
}

export function createCommuneDirectory(
  readIndex: () => Promise<CommuneIndex> = readIndexInThread,
): CommuneDirectory {
  let index: CommuneIndex | undefined;
  let loading: Promise<CommuneIndex> | undefined;
  const load = (): Promise<CommuneIndex> => {
    loading ??= readIndex().then(
      (read) => {
        index = read;
        return read;
      },
      (cause) => {
        loading = undefined;
        throw cause;
      },
    );
    return loading;
  };
  return {
    byCode(code) {
      if (index !== undefined) return birthplaceOf(index, [code]);
      return load().then((loaded) => birthplaceOf(loaded, [code]));
    },
    byName(name, department) {
      if (index !== undefined) return findByName(index, name, department);
      return load().then((loaded) => findByName(loaded, name, department));
    },
    knowsName: (name, department) => index && findByName(index, name, department) !== undefined,
    async load() {
      await load();
    },
  };
}

function birthplaceOf(index: CommuneIndex, codes: readonly string[]): Birthplace {
  let equivalents: ReadonlySet<string> | undefined;
  return {
    codes: new Set(codes),
    equivalents() {
      equivalents ??= new Set(codes.flatMap((code) => [code, ...splitCodes(index.equivalents.get(code))]));
      return equivalents;
    },
  };
}

function findByName(index: CommuneIndex, name: string, department: string): Birthplace | undefined {
  const lines = index.names.get(department);
  if (lines === undefined) return undefined;
  const codes = codesOf(lines, communeKey(name)) ?? codesOf(lines, looseKey(name));
  return codes === undefined ? undefined : birthplaceOf(index, splitCodes(codes));
}

function codesOf(lines: string, key: string): string | undefined {
  const line = `\n${key}:`;
  const start = lines.indexOf(line);
  return start < 0 ? undefined : lines.slice(start + line.length, lines.indexOf("\n", start + 1));
}

function splitCodes(codes: string | undefined): readonly string[] {
  return codes === undefined ? [] : codes.split(",");
}

/** Builds the index in a thread of its own: some 0.3 s that block nobody, and memory that goes with the thread. */
async function readIndexInThread(): Promise<CommuneIndex> {
  const worker = new Worker(new URL("commune-thread.ts", import.meta.url));
  return await new Promise<CommuneIndex>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the thread of commune names ended with ${code}`)));
  });
}
