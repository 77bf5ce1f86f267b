// The record of one request: opened first, filled on the way, written last, whatever happens in between.
import type { ConnectError } from "@connectrpc/connect";
import type { Caller } from "../access/caller.ts";
import type { Clock } from "../clock.ts";
import { type Outcome, ServiceError } from "../errors.ts";
import type { Allowance } from "../guard/guard.ts";
import { hideStudentNumbers } from "../identity/student-number.ts";
import type { JournalLine } from "../journal/journal.ts";
import { METHODS } from "../node-http.ts";
import type { Call } from "./call.ts";
import { codeName } from "./connect-lane.ts";
import type { Exchange } from "./exchange.ts";
import { isStream, type Reply } from "./reply.ts";
import type { Route } from "./routes.ts";
import type { NoLine } from "./stranger-lines.ts";

/** Longest target that is served, and that the journal keeps, in characters: what was asked must not be cut. */
export const maxTarget = 2048;
/** Longest user agent that the journal keeps, in characters. */
const maxUserAgent = 200;

export interface RequestRecord {
  readonly call: Call;
  readonly startedAt: number;
  route: Route | undefined;
  allowance: Allowance | undefined;
  /** Whether the target was searched for secrets and holds none, in any spelling. */
  isTargetClean: boolean;
  /** Holder of a token that was refused. */
  refused: Caller | undefined;
  /** Whether a token was looked for. */
  isTokenRead: boolean;
  /** The line that it leaves when its caller is nobody we know: one of the strangers', a caller's after all, or none. */
  strangerLine: "taken" | "callers" | NoLine | undefined;
}

/** Over HTTP/2 a method may be any word, which would stand in the clear. */
const knownMethods = new Set(METHODS);

/** The journal's line of a request that is about to be answered with `reply`. */
export function toJournalLine(
  record: RequestRecord,
  exchange: Exchange,
  reply: Reply,
  clock: Clock,
  redact: (text: string) => string,
): JournalLine {
  const { call, route } = record;
  const { trace } = call;
  const caller = call.caller ?? record.refused;
  const userAgent = exchange.headers["user-agent"];
  return {
    requestId: call.requestId,
    receivedAt: call.receivedAt,
    tokenId: caller?.tokenId ?? call.signedIn?.person.id,
    procedureId: caller?.procedureId,
    protocol: route?.protocol ?? "http",
    httpMethod: knownMethods.has(exchange.method) ? exchange.method : "other",
    route: route?.pattern ?? "",
    rpc: route?.rpc ?? "",
    recipient: trace.recipient,
    clientAddress: call.clientAddress,
    // It is the one text of a caller that is kept in the clear: some write there for whom they ask.
    userAgent:
      userAgent === undefined ? undefined : hideStudentNumbers(redact(userAgent.slice(0, maxUserAgent))),
    httpStatus: reply.status,
    rpcCode: codeName(reply.error),
    errorId: reply.error instanceof ServiceError ? reply.error.id : "",
    outcome: exchange.gone ? "cancelled" : outcomeOf(reply.error),
    durationUs: Math.round((clock.monotonic() - record.startedAt) * 1000),
    responseBytes: isStream(reply.body) ? 0 : (reply.body?.byteLength ?? 0),
    sealed: {
      target: record.isTargetClean
        ? exchange.target.slice(0, maxTarget)
        : redact(exchange.target.slice(0, maxTarget)),
      parameters: trace.parameters === undefined ? undefined : redact(trace.parameters),
      agent: trace.agent === undefined ? undefined : redact(trace.agent),
      ine: trace.ine,
      finding: trace.finding,
    },
  };
}

/** How a call that met this error ended. */
export function outcomeOf(error: ConnectError | undefined): Outcome {
  if (error === undefined) return "answered";
  if (error instanceof ServiceError) return error.row.outcome;
  return outcomeByCode[codeName(error)] ?? "failed";
}

/** Errors that Connect makes itself have no row of ours. */
const outcomeByCode: Readonly<Record<string, Outcome>> = {
  canceled: "cancelled",
  invalid_argument: "invalid",
  unimplemented: "invalid",
  not_found: "not_found",
  resource_exhausted: "invalid",
  unauthenticated: "unauthenticated",
  permission_denied: "denied",
};
