import { type ErrorId, type ServiceError, serviceError } from "../errors.ts";
import type { JournalLine } from "../journal/journal.ts";
import type { Call } from "./call.ts";
import { codeName } from "./connect-lane.ts";
import { isStream, type Reply } from "./reply.ts";

/** What Node's HTTP parser and its timers refuse by themselves. */
const errors: Readonly<Record<string, ErrorId>> = {
  HPE_HEADER_OVERFLOW: "headers_too_large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "request_too_large",
  ERR_HTTP_REQUEST_TIMEOUT: "request_timeout",
};

/** What to do about it, where it is not plain to see. */
const hints: Readonly<Record<string, string>> = {
  HPE_INVALID_URL:
    "L'adresse comporte des caractères qui ne sont pas encodés en pourcentage (é s'écrit %C3%A9, une espace %20).",
  DUPLICATE_HOST: "L'en-tête Host est donné deux fois.",
};

/** Why what is no HTTP request is refused. `code` is Node's. */
export function unreadableError(code: string): ServiceError {
  const hint = hints[code];
  return serviceError(errors[code] ?? "unreadable_request", hint === undefined ? {} : { hint });
}

/** The journal's line of what is no HTTP request: nothing of it could be read for certain. `code` is Node's. */
export function toUnreadableLine(call: Call, code: string, error: ServiceError, reply: Reply): JournalLine {
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
    httpStatus: reply.status,
    rpcCode: codeName(error),
    errorId: error.id,
    outcome: "invalid",
    durationUs: 0,
    responseBytes: isStream(reply.body) ? 0 : (reply.body?.byteLength ?? 0),
    sealed: { target: "", parameters: code, agent: trace.agent, ine: trace.ine, finding: trace.finding },
  };
}
