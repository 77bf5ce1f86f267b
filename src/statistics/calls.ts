// The latest calls, page by page. Each page looks at a bounded number of lines, however rare what is looked for is.
import type { Person } from "../access/person.ts";
import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";
import { found } from "../storage/found.ts";
import { readPage, writePageToken } from "../storage/page.ts";
import { type TokenIdsOf, tokensFor } from "./audience.ts";
import { createReadingTurns } from "./reading-turns.ts";

/** A line of the journal, without what identifies a student. */
export interface CallRecord {
  /** Its place among the lines. */
  readonly cursor: string;
  readonly requestId: string;
  readonly receivedAt: number;
  readonly tokenId: string;
  readonly procedureId: string;
  readonly protocol: string;
  readonly httpMethod: string;
  readonly route: string;
  readonly rpc: string;
  readonly recipient: string;
  readonly clientAddress: string;
  readonly userAgent: string;
  readonly httpStatus: number;
  readonly rpcCode: string;
  readonly errorId: string;
  readonly outcome: string;
  readonly durationUs: number;
  readonly responseBytes: number;
  /** The agent's reference, which is sealed: opened when it is read. Empty when the partner sent none. */
  readonly agent: () => string;
}

/** A call as a person may see it. */
export type SeenCall = Omit<CallRecord, "agent" | "cursor"> & { readonly agent: string };

export interface CallSource {
  /** Newest first, at most `limit`, after the place `before`. */
  latest(
    filter: { readonly tokenIds?: readonly string[]; readonly from?: number; readonly until?: number },
    limit: number,
    before?: string,
  ): Promise<CallRecord[]>;
  find(requestId: string): Promise<CallRecord | undefined>;
}

/** Empty texts and 0 ask for all. */
export interface CallFilter {
  readonly partnerId: string;
  readonly tokenId: string;
  readonly rpc: string;
  readonly outcome: string;
  readonly httpStatus: number;
  readonly errorId: string;
  readonly clientAddress: string;
  readonly agent: string;
  /** Whether only calls that name an agent. */
  readonly withAgent: boolean;
  /** Instants in milliseconds. */
  readonly from: number | undefined;
  readonly until: number | undefined;
}

export interface Calls {
  /**
   * Errors: `invalid_request`, `record_not_found` for another's partner, `role_insufficient` for an operator's `agent` or
   * `withAgent`, `person_limited` for more than eight reads of a partner at once.
   */
  list(
    person: Person,
    filter: CallFilter,
    page: { readonly pageSize: number; readonly pageToken: string },
  ): Promise<{ readonly calls: readonly SeenCall[]; readonly nextPageToken: string }>;
  /** Errors: `record_not_found`. */
  get(person: Person, requestId: string): Promise<SeenCall>;
  /** All calls of the filter, in blocks, at most 100,000, until the signal says that nobody reads on. Errors: as for `list`. */
  export(person: Person, filter: CallFilter, signal?: AbortSignal): AsyncIterable<readonly SeenCall[]>;
}

/** Lines that one page looks at, and that are read at a time. */
const pageLines = 2000;
const blockLines = 250;
const exportLines = 100_000;

export function createCalls(
  source: CallSource,
  tokenIdsOf: TokenIdsOf,
  clock: Pick<Clock, "monotonic">,
): Calls {
  const turns = createReadingTurns(clock);
  return {
    async list(person, filter, { pageSize, pageToken }) {
      // A page goes on from a line's place in the journal, which is a text.
      const page = readPage({ pageSize, pageToken, orderBy: "" }, { receive_time: "place" }, filter);
      const tokenIds = await admit(person, filter);
      const leave = turns.enter(readerOf(person), undefined);
      try {
        const { calls, next } = await search(tokenIds, filter, page.limit, page.after?.[0]?.toString());
        const nextPageToken = next === undefined ? "" : writePageToken(page, [next, ""]);
        return { calls: calls.map((call) => show(person, call)), nextPageToken };
      } finally {
        leave();
      }
    },
    async get(person, requestId) {
      const call = found(await source.find(requestId));
      if (person.kind === "contact" && !(await tokenIdsOf(person.partnerId)).includes(call.tokenId)) {
        throw serviceError("record_not_found");
      }
      return show(person, call);
    },
    async *export(person, filter, signal) {
      const tokenIds = await admit(person, filter);
      const leave = turns.enter(readerOf(person), signal);
      try {
        let left = exportLines;
        let before: string | undefined;
        // Somebody who has left is not told to a generator that finds nothing to give.
        while (left > 0 && signal?.aborted !== true) {
          const { calls, next } = await search(tokenIds, filter, Math.min(blockLines, left), before);
          left -= calls.length;
          if (calls.length > 0) yield calls.map((call) => show(person, call));
          if (next === undefined) return;
          before = next;
        }
      } finally {
        leave();
      }
    },
  };

  async function admit(person: Person, filter: CallFilter): Promise<readonly string[] | undefined> {
    // The reference is the partner's own, sealed for it alone.
    if ((filter.agent !== "" || filter.withAgent) && person.kind === "operator")
      throw serviceError("role_insufficient");
    return tokensFor(person, filter, tokenIdsOf);
  }

  async function search(
    tokenIds: readonly string[] | undefined,
    filter: CallFilter,
    limit: number,
    before: string | undefined,
  ): Promise<{ calls: CallRecord[]; next: string | undefined }> {
    const calls: CallRecord[] = [];
    let place = before;
    const lines = isSelective(filter) ? blockLines : limit + 1;
    for (let looked = 0; looked < pageLines; looked += lines) {
      const after = place;
      const block = await turns.take(() => readBlock(tokenIds, filter, lines, after));
      for (const call of block) {
        if (calls.length === limit) return { calls, next: place };
        place = call.cursor;
        if (matches(filter, call)) calls.push(call);
      }
      if (block.length < lines) return { calls, next: undefined };
    }
    return { calls, next: place };
  }

  /** The next lines of the tokens together. */
  async function readBlock(
    tokenIds: readonly string[] | undefined,
    { from, until }: CallFilter,
    lines: number,
    before: string | undefined,
  ): Promise<CallRecord[]> {
    const filter = {
      ...(tokenIds !== undefined && { tokenIds }),
      ...(from !== undefined && { from }),
      ...(until !== undefined && { until }),
    };
    return await source.latest(filter, lines, before);
  }
}

/** Who shares the reads of a partner; an operator has some of its own. */
function readerOf(person: Person): string {
  return person.kind === "contact" ? person.partnerId : person.id;
}

const facts = ["rpc", "outcome", "httpStatus", "errorId", "clientAddress"] as const;

/** Whether lines must be looked at one by one. */
function isSelective(filter: CallFilter): boolean {
  return (
    filter.withAgent || [...facts, "agent" as const].some((name) => filter[name] !== "" && filter[name] !== 0)
  );
}

function matches(filter: CallFilter, call: CallRecord): boolean {
  for (const name of facts) {
    const value = filter[name];
    if (value !== "" && value !== 0 && value !== call[name]) return false;
  }
  if (filter.withAgent && call.agent() === "") return false;
  return filter.agent === "" || call.agent() === filter.agent;
}

function show(person: Person, { cursor: _, agent, ...call }: CallRecord): SeenCall {
  return { ...call, agent: person.kind === "contact" ? agent() : "" };
}
