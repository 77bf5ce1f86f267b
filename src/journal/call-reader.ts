// The journal as statistics show it: calls without what identifies a student.

import { type JournalRecord, receivedAtOf } from "./journal-record.ts";
import type { JournalReader } from "./journal-storage.ts";
import { position } from "./line-encoding.ts";
import { UnsealError } from "./seal.ts";

/** A call, whose sealed part stays closed but for the agent's reference. */
type ReadCall = ReturnType<typeof toCall>;

export interface CallReader {
  latest(
    filter: { readonly tokenIds?: readonly string[]; readonly from?: number; readonly until?: number },
    limit: number,
    before?: string,
  ): Promise<ReadCall[]>;
  find(requestId: string): Promise<ReadCall | undefined>;
}

export function createCallReader(reader: JournalReader): CallReader {
  return {
    async latest(filter, limit, before) {
      const records = await reader.latest(filter, limit, before);
      return records.map((record) => toCall(reader, record));
    },
    async find(requestId) {
      // Each call over the network has an identifier that tells its time. No other is looked for: SQLite has no index of them.
      if (receivedAtOf(requestId) === undefined) return undefined;
      const [record] = await reader.findByRequestId(requestId);
      return record && toCall(reader, record);
    },
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
