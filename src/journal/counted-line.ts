import { kindColumns, type PlainValue, position } from "./line-encoding.ts";
import type { StoredLine } from "./line-storage.ts";
import type { CountedLine } from "./rollup.ts";

/** What the roll-ups count of a kind of calls. */
export type KindFacts = Pick<CountedLine, (typeof kindColumns)[number]["field"] & keyof CountedLine>;

/** The facts of a kind, from the values of `kindColumns`. */
export function factsOf(values: readonly PlainValue[]): KindFacts {
  return Object.fromEntries(
    kindColumns.map(({ field }, index) => [field, values[index]]),
  ) as unknown as KindFacts;
}

/** A line as the roll-ups count it. Hot: of each line. */
export function countedLine({ call, ineIndex }: StoredLine, facts: KindFacts): CountedLine {
  const { protocol, rpc, httpStatus, rpcCode, errorId, outcome } = facts;
  return {
    receivedAt: call[position.receivedAt] as number | null,
    tokenId: call[position.tokenId] as string | null,
    procedureId: call[position.procedureId] as string | null,
    durationUs: call[position.durationUs] as number | null,
    responseBytes: call[position.responseBytes] as number | null,
    protocol,
    rpc,
    httpStatus,
    rpcCode,
    errorId,
    outcome,
    ineIndex,
  };
}
