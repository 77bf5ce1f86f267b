import { commitmentOf, genesis, linkOf } from "./chain.ts";
import { ineIndex, type JournalKeys } from "./journal-keys.ts";
import { type JournalReader, type JournalRecord, openSealedText } from "./journal-storage.ts";
import { canonicalText, encodingVersion, readSealedText } from "./line-encoding.ts";
import { UnsealError } from "./seal.ts";

export interface BrokenLine {
  readonly chain: string;
  readonly seq: number;
  readonly reason: string;
}

export interface Verification {
  readonly chains: number;
  readonly lines: number;
  readonly erased: number;
  /** The first broken line of each chain that does not hold. */
  readonly broken: readonly BrokenLine[];
}

const pageLines = 1000;

/**
 * Recomputes every chain and every line that is not erased. It finds a line that was changed, moved, inserted or
 * taken out before another one; lines cut off the end of a chain, and whole chains, are found by checkpoints only.
 */
export async function verifyJournal(reader: JournalReader, keys: JournalKeys): Promise<Verification> {
  let chains = 0;
  let lines = 0;
  let erased = 0;
  const broken: BrokenLine[] = [];
  for (let chain = await reader.chainAfter(""); chain !== undefined; chain = await reader.chainAfter(chain)) {
    chains += 1;
    const result = await verifyChain(reader, keys, chain);
    lines += result.lines;
    erased += result.erased;
    if (result.broken !== undefined) broken.push(result.broken);
  }
  return { chains, lines, erased, broken };
}

async function verifyChain(reader: JournalReader, keys: JournalKeys, chain: string) {
  let last = -1;
  let erased = 0;
  let previous: Buffer = genesis(chain);
  for (;;) {
    const page = await reader.linesAfter(chain, last, pageLines);
    for (const record of page) {
      const reason = faultOf(record, last + 1, previous, keys);
      if (reason !== undefined) {
        return { lines: last + 1, erased, broken: { chain, seq: Math.min(record.seq, last + 1), reason } };
      }
      last = record.seq;
      previous = record.hash;
      if (record.salt === null) erased += 1;
    }
    if (page.length < pageLines) return { lines: last + 1, erased, broken: undefined };
  }
}

function faultOf(
  record: JournalRecord,
  seq: number,
  previous: Buffer,
  keys: JournalKeys,
): string | undefined {
  if (record.seq !== seq) return "the line is missing";
  if (!linkOf(previous, seq, record.commitment).equals(record.hash))
    return "the link to the line before it is broken";
  return record.salt === null ? erasureFault(record) : contentFault(record, record.salt, keys);
}

function erasureFault({ sealed, keyId, ineIndex: index, values }: JournalRecord): string | undefined {
  const left = [sealed, keyId, index, ...values].some((value) => value !== null);
  return left ? "the line lost its salt and kept some of its content" : undefined;
}

function contentFault(record: JournalRecord, salt: Buffer, keys: JournalKeys): string | undefined {
  const { version, chain, seq, values, commitment } = record;
  if (version !== encodingVersion) return `the encoding version ${version} is not known`;
  try {
    const facts = openSealedText(record, keys);
    if (facts === undefined) return "the sealed facts are missing";
    const expected = commitmentOf(salt, canonicalText(version, chain, seq, values, facts));
    if (!expected.equals(commitment)) return "the content is not what was committed";
    return indexHolds(record, readSealedText(facts).ine, keys)
      ? undefined
      : "the index of the INE was changed";
  } catch (error) {
    if (error instanceof UnsealError) return error.message;
    throw error;
  }
}

// The index is recomputed and not committed to, so that its key can change.
function indexHolds(
  { ineIndex: stored }: JournalRecord,
  ine: string | undefined,
  keys: JournalKeys,
): boolean {
  if (ine === undefined || ine === "") return stored === null;
  return stored?.equals(ineIndex(keys, ine)) ?? false;
}
