// Forms lines into links of the chain and writes them, group by group, through whatever happens to the database.
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { commitmentOf, genesis, linkOf, newChain, saltBytes } from "./chain.ts";
import { ineIndex, type JournalKeys } from "./journal-keys.ts";
import {
  canonicalText,
  type EncodedLine,
  encodedIne,
  encodingVersion,
  position,
  readValues,
} from "./line-encoding.ts";
import type { LineStorage, StoredLine, WriteFault } from "./line-storage.ts";
import { nonceBytes, seal } from "./seal.ts";

/** Between two attempts while the database fails. */
const retryMs = 50;

export interface LineWriter {
  /** Writes a group and returns the places in it of lines that the database refused. It waits out failures. */
  write(group: readonly EncodedLine[]): Promise<number[]>;
}

export interface LineWriterOptions {
  readonly storage: LineStorage;
  readonly keys: JournalKeys;
  /** Identifier of the new chain. */
  readonly chain: string;
  /** Told of each failed attempt; a refused line is told of once. */
  readonly onFault: (error: unknown, fault: WriteFault) => void;
}

export function createLineWriter({
  storage,
  keys,
  chain: firstChain,
  onFault,
}: LineWriterOptions): LineWriter {
  let chain = firstChain;
  /** Last committed line; it only moves with a commit. */
  let head = { seq: -1, hash: genesis(chain) };

  function startChain(): void {
    chain = newChain();
    head = { seq: -1, hash: genesis(chain) };
  }

  function form(group: readonly EncodedLine[]): StoredLine[] {
    // One draw for the group: small draws cost more than the encryption.
    const random = randomBytes((saltBytes + nonceBytes) * group.length);
    let { seq, hash } = head;
    return group.map((encoded, index) => {
      seq += 1;
      const place = { chain, seq, previous: hash };
      const drawn = random.subarray(index * (saltBytes + nonceBytes), (index + 1) * (saltBytes + nonceBytes));
      const line = formLine(keys, place, drawn, encoded);
      hash = line.hash;
      return line;
    });
  }

  /** Whether the group is written; false: the database refuses one of its lines. */
  async function writeWhole(group: readonly EncodedLine[]): Promise<boolean> {
    let lines = form(group);
    for (;;) {
      const failure = await attempt(lines);
      if (failure === undefined) break;
      if (failure.fault === "row") return false;
      // A write whose answer was lost may have been committed: only the chain itself can tell.
      const state = await stateOf(lines, failure);
      if (state === "written") break;
      if (state === "foreign") {
        startChain();
        lines = form(group);
      }
    }
    const last = lines.at(-1) as StoredLine;
    head = { seq: last.seq, hash: last.hash };
    return true;
  }

  async function attempt(lines: readonly StoredLine[]): Promise<Failure | undefined> {
    try {
      await storage.write(lines);
      return undefined;
    } catch (error) {
      const fault = storage.faultOf(error);
      if (fault !== "row" || lines.length === 1) onFault(error, fault);
      return { error, fault };
    }
  }

  async function stateOf(lines: readonly StoredLine[], { error, fault }: Failure): Promise<PlaceState> {
    let broken = fault === "database" ? error : undefined;
    for (;;) {
      try {
        if (broken !== undefined) {
          await pause(retryMs);
          await storage.recover(broken);
        }
        return placeState(lines, fault, await storage.head(chain));
      } catch (failure) {
        onFault(failure, "database");
        broken = failure;
      }
    }
  }

  async function write(group: readonly EncodedLine[], offset: number): Promise<number[]> {
    if (await writeWhole(group)) return [];
    if (group.length === 1) return [offset];
    // Halves, so that one refused line costs its neighbours a few commits and not one each.
    const middle = group.length >> 1;
    const refused = await write(group.slice(0, middle), offset);
    return refused.concat(await write(group.slice(middle), offset + middle));
  }

  return { write: (group) => (group.length === 0 ? Promise.resolve([]) : write(group, 0)) };
}

interface Failure {
  readonly error: unknown;
  readonly fault: WriteFault;
}

/** What stands in the place of a group whose write failed: that group, nothing, or another writer's lines. */
type PlaceState = "written" | "missing" | "foreign";

function placeState(
  lines: readonly StoredLine[],
  fault: WriteFault,
  head: { readonly seq: number; readonly hash: Buffer } | undefined,
): PlaceState {
  const first = lines[0] as StoredLine;
  const last = lines.at(-1) as StoredLine;
  if (head === undefined || head.seq < first.seq) return fault === "taken" ? "foreign" : "missing";
  return head.seq === last.seq && head.hash.equals(last.hash) ? "written" : "foreign";
}

function formLine(
  keys: JournalKeys,
  { chain, seq, previous }: { chain: string; seq: number; previous: Buffer },
  random: Buffer,
  encoded: EncodedLine,
): StoredLine {
  const salt = random.subarray(0, saltBytes);
  const ine = encodedIne(encoded);
  const commitment = commitmentOf(salt, canonicalText(encodingVersion, chain, seq, encoded));
  return {
    chain,
    seq,
    commitment,
    hash: linkOf(previous, seq, commitment),
    salt,
    call: readValues(encoded.call),
    kind: encoded.kind,
    sealed: seal(keys, `${chain}:${seq}`, encoded.facts, random.subarray(saltBytes)),
    keyId: keys.sealing.id,
    ineIndex: ine === undefined ? null : ineIndex(keys, ine),
  };
}

/** The lines of a dead writer's queue that its chain does not hold yet. */
export async function notYetWritten(
  storage: LineStorage,
  deadChain: string,
  group: readonly EncodedLine[],
  queueLimit: number,
): Promise<Set<number>> {
  const written = new Set(await storage.lastRequestIds(deadChain, queueLimit));
  const missing = new Set<number>();
  for (const [index, encoded] of group.entries()) {
    if (!written.has(String(readValues(encoded.call)[position.requestId]))) missing.add(index);
  }
  return missing;
}
