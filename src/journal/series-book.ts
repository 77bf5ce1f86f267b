// The series that were met, so that a line's need not be made and keyed anew: of calls with a different token each, that
// would cost more than to count them.
import { isToken, type LineFacts, type SeriesFacts, seriesKey, seriesOf } from "./rollup-series.ts";

/** Stands for the calls of all tokens and of those who have none. */
export const everybody = "*";

export interface KnownSeries {
  /** See seriesKey. */
  readonly key: string;
  readonly facts: SeriesFacts;
  /** The series of everybody that its calls are in as well. */
  readonly everybodys: KnownSeries | undefined;
}

/** Series that are remembered. */
const keptSeries = 65_536;
/** Series of an owner that are compared one by one. */
const compared = 8;

export class SeriesBook {
  readonly #byKey = new Map<string, KnownSeries>();
  readonly #byOwner = new Map<string, KnownSeries[]>();

  /** The series of a line. Hot: of nearly each line. */
  of(line: LineFacts): KnownSeries {
    const ofOwner = this.#byOwner.get(isToken(line.tokenId) ? line.tokenId : "");
    if (ofOwner !== undefined) {
      const most = Math.min(compared, ofOwner.length);
      for (let index = 0; index < most; index += 1) {
        const known = ofOwner[index] as KnownSeries;
        if (isOf(known.facts, line)) return known;
      }
    }
    return this.#withFacts(seriesOf(line));
  }

  #withFacts(facts: SeriesFacts): KnownSeries {
    const key = seriesKey(facts);
    let known = this.#byKey.get(key);
    if (known === undefined) {
      if (this.#byKey.size >= keptSeries) this.#forget();
      const isEverybodys = facts.tokenId === everybody;
      const all = { ...facts, tokenId: everybody, procedureId: "" };
      known = { key, facts, everybodys: isEverybodys ? undefined : this.#withFacts(all) };
      this.#byKey.set(key, known);
      const ofOwner = this.#byOwner.get(facts.tokenId);
      if (ofOwner === undefined) this.#byOwner.set(facts.tokenId, [known]);
      else ofOwner.push(known);
    }
    return known;
  }

  #forget(): void {
    this.#byKey.clear();
    this.#byOwner.clear();
  }
}

/** Whether a line of the same owner is of the series. */
function isOf(facts: SeriesFacts, line: LineFacts): boolean {
  return (
    facts.procedureId === (line.procedureId ?? "") &&
    facts.rpc === (line.rpc ?? "") &&
    facts.outcome === (line.outcome ?? "") &&
    facts.httpStatus === (line.httpStatus ?? 0) &&
    facts.protocol === (line.protocol ?? "") &&
    facts.rpcCode === (line.rpcCode ?? "") &&
    facts.errorId === (line.errorId ?? "")
  );
}
