// The journal as statistics show it: calls without what identifies a student.

import type { JournalRecord } from "./journal-record.ts";
import type { JournalReader } from "./journal-storage.ts";
import { position } from "./line-encoding.ts";
import { UnsealError } from "./seal.ts";

/** A call, whose sealed part stays closed but for the agent's reference. */
type ReadCall = ReturnType<typeof toCall>;

export interface CallReader {
  latest(
    filter: { readonly tokenId?: string; readonly from?: number; readonly until?: number },
    limit: number,
    before?: string,
  ): Promise<ReadCall[]>;
  find(requestId: string): Promise<ReadCall | undefined>;
  /** Orders places from the newest line to the oldest. */
  compare(a: string, b: string): number;
}

export function createCallReader(reader: JournalReader): CallReader {
  return {
    async latest(filter, limit, before) {
      const records = await reader.latest(filter, limit, before);
      return records.map((record) => toCall(reader, record));
    },
    async find(requestId) {
      const [record] = await reader.findByRequestId(requestId);
      return record && toCall(reader, record);
    },
    compare: comparePlaces,
  };
}

function toCall(reader: JournalReader, record: JournalRecord) {
  const { values, cursor } = record;
  const text = (name: keyof typeof position) => String(values[position[name]] ?? "");
  const number = (name: keyof typeof position) => Number(values[position[name]] ?? 0);
  return {
    cursor,
    requestId: text("requestId"),
    receivedAt: number("receivedAt"),
    tokenId: text("tokenId"),
    procedureId: text("procedureId"),
    protocol: text("protocol"),
    httpMethod: text("httpMethod"),
    route: text("route"),
    rpc: text("rpc"),
    recipient: text("recipient"),
    clientAddress: text("clientAddress"),
    userAgent: text("userAgent"),
    httpStatus: number("httpStatus"),
    rpcCode: text("rpcCode"),
    errorId: text("errorId"),
    outcome: text("outcome"),
    durationUs: number("durationUs"),
    responseBytes: number("responseBytes"),
    agent: () => openAgent(reader, record),
  };
}

/** A line under a key that was lost must not hide the others. */
function openAgent(reader: JournalReader, record: JournalRecord): string {
  try {
    return reader.open(record)?.agent ?? "";
  } catch (error) {
    if (error instanceof UnsealError) return "";
    throw error;
  }
}

/** A cursor is a number on SQLite, and `instant:chain:place` on PostgreSQL. */
function comparePlaces(a: string, b: string): number {
  const [one, other] = [a.split(":"), b.split(":")];
  const instants = Number(other[0]) - Number(one[0]);
  if (instants !== 0) return instants;
  const [chain = "", otherChain = ""] = [one[1], other[1]];
  if (chain !== otherChain) return chain < otherChain ? 1 : -1;
  return Number(other[2] ?? 0) - Number(one[2] ?? 0);
}
