import { commitmentOf, genesis, linkOf } from "./chain.ts";
import { ineIndex, type JournalKeys } from "./journal-keys.ts";
import { type JournalReader, type JournalRecord, openSealedText } from "./journal-storage.ts";
import { canonicalText, encodedValues, encodingVersion, readSealedText } from "./line-encoding.ts";
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
 * Recomputes every chain and every line that is not erased, and looks for lines that searches would miss. It finds a
 * line that was changed, moved, inserted or taken out before another one; lines cut off the end of a chain, and whole
 * chains, are found by checkpoints only.
 */
export async function verifyJournal(reader: JournalReader, keys: JournalKeys): Promise<Verification> {
  const chains = new Map<string, ChainState>();
  let last: JournalRecord | undefined;
  for (;;) {
    const page: JournalRecord[] = await reader.linesAfter(last, pageLines);
    for (const record of page) follow(chains, record, keys);
    last = page.at(-1);
    if (page.length < pageLines) break;
  }
  const unfound = await reader.firstUnfound();
  return conclude([...chains.values()], unfound && { ...unfound, reason: "searches miss the line" });
}

/** A chain as far as it was read. */
interface ChainState {
  lines: number;
  erased: number;
  previous: Buffer;
  broken: BrokenLine | undefined;
}

function follow(chains: Map<string, ChainState>, record: JournalRecord, keys: JournalKeys): void {
  const { chain, seq } = record;
  let state = chains.get(chain);
  if (state === undefined) {
    state = { lines: 0, erased: 0, previous: genesis(chain), broken: undefined };
    chains.set(chain, state);
  }
  if (state.broken !== undefined) return;
  const reason = faultOf(record, state.lines, state.previous, keys);
  if (reason !== undefined) {
    state.broken = { chain, seq: Math.min(seq, state.lines), reason };
    return;
  }
  state.lines += 1;
  state.previous = record.hash;
  if (record.salt === null) state.erased += 1;
}

function conclude(states: readonly ChainState[], unfound: BrokenLine | undefined): Verification {
  const broken = states.flatMap((state) => state.broken ?? []);
  return {
    chains: states.length,
    lines: states.reduce((sum, { lines }) => sum + lines, 0),
    erased: states.reduce((sum, { erased }) => sum + erased, 0),
    broken: unfound === undefined || broken.length > 0 ? broken : [unfound],
  };
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
  if (version === null || version !== encodingVersion) return `the encoding version ${version} is not known`;
  try {
    const facts = openSealedText(record, keys);
    if (facts === undefined) return "the sealed facts are missing";
    const expected = commitmentOf(
      salt,
      canonicalText(version, chain, seq, { ...encodedValues(values), facts }),
    );
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
