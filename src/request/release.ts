// The end of the path: the line of a call is durable before its answer leaves.
import type { Awaitable } from "../awaitable.ts";
import type { Clock } from "../clock.ts";
import { ServiceError, serviceError } from "../errors.ts";
import type { Journal, ObservedCall } from "../journal/journal.ts";
import { writeCommonHeaders } from "./answer-headers.ts";
import type { Exchange } from "./exchange.ts";
import { writeRateLimit } from "./rate-limit-headers.ts";
import { type RequestRecord, toJournalLine } from "./record.ts";
import { isStream, type Reply } from "./reply.ts";
import type { Routes } from "./routes.ts";

export interface ReleaseParts {
  readonly clock: Clock;
  readonly routes: Routes;
  readonly journal: Journal;
  /** Takes tokens out of a text that will be stored. */
  readonly redact: (text: string) => string;
  /** Told of each call once its line is durable, or is not in time; absent: nobody watches. */
  readonly observe?: ((call: ObservedCall) => void) | undefined;
  /** Headers that announce the end of a method or a route; undefined for those that stay. */
  readonly goingAway: (
    rpc: string,
    httpMethod: string,
    pattern: string,
  ) => Readonly<Record<string, string>> | undefined;
  /** Gets what callers must not see. */
  readonly report: (requestId: string, cause: unknown) => void;
}

export interface Release {
  /** Writes the line of a request, and sends its answer. Rejects when the answer could not be sent whole. */
  traced(exchange: Exchange, record: RequestRecord, decided: Reply): Promise<void>;
  /** Sends an answer that leaves no line, and must hold no data. */
  untraced(exchange: Exchange, record: RequestRecord, decided: Reply): Awaitable<void>;
}

export function createRelease(parts: ReleaseParts): Release {
  const { clock } = parts;
  return {
    traced,
    untraced: (exchange, record, decided) => exchange.send(withCommonHeaders(exchange, record, decided)),
  };

  async function traced(exchange: Exchange, record: RequestRecord, decided: Reply): Promise<void> {
    const reply = withCommonHeaders(exchange, record, decided);
    // A stream that holds data is traced first, like every answer; its size and duration are then not known yet.
    if (isStream(reply.body) && record.route?.isPublic === true) return sendTraced(exchange, record, reply);
    const isTraced = await trace(exchange, record, reply);
    // What is public holds no data, and probes must answer when the journal cannot.
    const isFree = isTraced || record.route?.isPublic === true;
    const refusal = () =>
      parts.routes.refuse(exchange, record.route, serviceError("trace_unavailable"), record.call);
    return exchange.send(isFree ? reply : withCommonHeaders(exchange, record, refusal()));
  }

  /** Sends a public stream; its line follows, also when the stream breaks off in the middle. */
  async function sendTraced(exchange: Exchange, record: RequestRecord, reply: Reply): Promise<void> {
    let sent = reply;
    try {
      await exchange.send(reply);
    } catch (cause) {
      sent = { ...reply, error: serviceError("internal", { cause }) };
      throw cause;
    } finally {
      await trace(exchange, record, sent);
    }
  }

  /** Whether the call's line is durable; it is known within 250 ms. The journal itself tells of its outages. */
  function trace(exchange: Exchange, record: RequestRecord, reply: Reply): Promise<boolean> {
    const line = toJournalLine(record, exchange, reply, clock, parts.redact);
    const appendedAt = clock.monotonic();
    const end = (traced: boolean) => {
      parts.observe?.({
        ...{ line, traced, commitMs: clock.monotonic() - appendedAt },
        traceParent: exchange.headers["traceparent"]?.toString(),
      });
      return traced;
    };
    return parts.journal.append(line).then(
      () => end(true),
      (cause: unknown) => {
        if (!isTraceUnavailable(cause)) parts.report(record.call.requestId, cause);
        return end(false);
      },
    );
  }

  function withCommonHeaders({ method }: Exchange, record: RequestRecord, reply: Reply): Reply {
    const { allowance, call, route } = record;
    const { headers } = reply;
    const goingAway = route === undefined ? undefined : parts.goingAway(route.rpc, method, route.pattern);
    if (goingAway !== undefined) Object.assign(headers, goingAway);
    writeCommonHeaders(reply, call);
    if (allowance !== undefined) writeRateLimit(headers, allowance, route?.rateLimitReset, clock);
    return reply;
  }
}

function isTraceUnavailable(error: unknown): boolean {
  return error instanceof ServiceError && error.id === "trace_unavailable";
}
