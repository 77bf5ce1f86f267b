import { type ErrorId, serviceError } from "../errors.ts";
import type { JournalLine } from "../journal/journal.ts";
import type { Call } from "./call.ts";
import { codeName } from "./connect-lane.ts";

/** What Node's HTTP parser and its timers refuse by themselves. */
const errors: Readonly<Record<string, { readonly status: number; readonly id: ErrorId }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, id: "unreadable_request" },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, id: "request_too_large" },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, id: "request_timeout" },
};

/** The journal's line of what is no HTTP request, with the status to answer: nothing of it could be read. `code` is Node's. */
export function toUnreadableLine(call: Call, code: string): JournalLine {
  const { status, id } = errors[code] ?? { status: 400, id: "unreadable_request" };
  const { trace, requestId, receivedAt, clientAddress } = call;
  return {
    requestId,
    receivedAt,
    tokenId: undefined,
    procedureId: undefined,
    protocol: "http",
    httpMethod: "",
    route: "",
    rpc: "",
    recipient: undefined,
    clientAddress,
    userAgent: undefined,
    httpStatus: status,
    rpcCode: codeName(serviceError(id)),
    errorId: id,
    outcome: "invalid",
    durationUs: 0,
    responseBytes: 0,
    sealed: { target: "", parameters: code, agent: trace.agent, ine: trace.ine, finding: trace.finding },
  };
}
