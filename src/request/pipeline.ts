// THE PATH of every request, straight down: record → route → caller → guard → method → journal → answer.
import type { IncomingHttpHeaders } from "node:http";
import type { ConnectError } from "@connectrpc/connect";
import type { Caller } from "../access/caller.ts";
import type { Person, SignedIn } from "../access/person.ts";
import type { PersonAccess } from "../access/person-access.ts";
import { type Awaitable, then } from "../awaitable.ts";
import type { Network } from "../config.ts";
import { type ErrorId, ServiceError, serviceError } from "../errors.ts";
import type { Allowance, Guard } from "../guard/guard.ts";
import { writeCommonHeaders } from "./answer-headers.ts";
import { openCall } from "./call.ts";
import { clientAddress } from "./client-address.ts";
import { readTimeout, withinDeadline } from "./deadline.ts";
import type { Asked, Exchange } from "./exchange.ts";
import { afterRefusal } from "./rate-limit-headers.ts";
import { maxTarget, outcomeOf, type RequestRecord } from "./record.ts";
import { createRelease, type ReleaseParts } from "./release.ts";
import { publicError } from "./render-error.ts";
import type { Reply } from "./reply.ts";
import { createRequestId } from "./request-id.ts";
import type { Route } from "./routes.ts";
import type { NoLine, StrangerLines } from "./stranger-lines.ts";
import { createStreamPlaces } from "./stream-places.ts";
import { toUnreadableLine, unreadableError } from "./unreadable-line.ts";
import { createWithoutLine } from "./without-line.ts";

export interface PipelineParts extends ReleaseParts {
  readonly guard: Guard;
  readonly maxDeadlineMs: number;
  readonly trustedProxies: readonly Network[];
  /** Finds and checks the caller of a token. Throws the error that the caller gets. */
  readonly authenticate: (headers: IncomingHttpHeaders, clientAddress: string) => Caller;
  /** Finds the person of a session. Rejects with the error that the caller gets. */
  readonly authenticatePerson: (headers: IncomingHttpHeaders) => Promise<SignedIn>;
  /** Throws when the person may not make this call. */
  readonly admitPerson: (person: Person, access: PersonAccess) => void;
  /** Whose token an error of `authenticate` refused, for the journal; undefined for a stranger. */
  readonly refusedCaller: (error: unknown) => Caller | undefined;
  /**
   * Throws when the request may not be served whatever its token: a browser page but for ours, a token in the URL. Gives
   * whether the target holds no secret at all, in any spelling.
   */
  readonly refuseForbidden: (headers: IncomingHttpHeaders, target: string, isPage: boolean) => boolean;
  /** Counts a refused request of an address; throws `address_limited` when there were too many. */
  readonly countRefusal: (clientAddress: string) => void;
  readonly strangerLines: StrangerLines;
}

export interface Pipeline {
  /** Serves one request that arrived at an instant of the monotonic clock, in milliseconds. It never rejects. */
  serve(exchange: Exchange, arrivedAt: number): Promise<void>;
  /**
   * Records what is no HTTP request (`code` is Node's) and gives the answer; undefined: it is to be cut without an answer
   * and without a line.
   */
  refuseUnreadable(code: string, peerAddress: string, asked: Asked): Reply | undefined;
  /** The answer to a request whose rest cannot be read; its line is that of `serve`. */
  refuseRest(asked: Asked): Reply;
}

export function createPipeline(parts: PipelineParts): Pipeline {
  const { clock, routes, journal } = parts;
  const { strangerLines, trustedProxies } = parts;
  const release = createRelease(parts);
  const withoutLine = createWithoutLine({ routes, release, lines: strangerLines, trustedProxies });
  const streams = createStreamPlaces();
  return { serve, refuseUnreadable, refuseRest };

  async function serve(exchange: Exchange, arrivedAt: number): Promise<void> {
    const record = open(exchange, arrivedAt);
    let reply: Reply | undefined;
    try {
      const answered = answer(exchange, record);
      reply = answered instanceof Promise ? await answered : answered;
    } catch (error) {
      reply = refuseAnyhow(exchange, record, error);
    }
    try {
      const noLine = isStranger(record) ? takeLine(exchange, record) : undefined;
      if (noLine !== undefined) await withoutLine.end(exchange, record, reply, noLine);
      else if (reply !== undefined) await release.traced(exchange, record, reply);
    } catch (cause) {
      parts.report(record.call.requestId, cause);
      exchange.destroy();
    } finally {
      if (record.strangerLine === "taken") strangerLines.leave();
      if (exchange.streaming) streams.leave(record.call.clientAddress);
    }
  }

  function refuseUnreadable(code: string, peerAddress: string, asked: Asked): Reply | undefined {
    const receivedAt = clock.now();
    const address = clientAddress(peerAddress, undefined, []);
    const noLine = strangerLines.take(address);
    if (noLine !== undefined) return withoutLine.refuseUnread(asked, peerAddress, noLine);
    const call = openCall(createRequestId(receivedAt), receivedAt, address);
    const error = unreadableError(code);
    const reply = routes.refuseUnread(asked, error);
    writeCommonHeaders(reply, call);
    const line = toUnreadableLine(call, code, error, reply);
    journal
      .append(line)
      .catch((cause: unknown) => {
        if (!is("trace_unavailable", cause)) parts.report(call.requestId, cause);
      })
      .finally(strangerLines.leave);
    return reply;
  }

  function refuseRest(asked: Asked): Reply {
    return routes.refuseUnread(asked, serviceError("unreadable_request"));
  }

  function open(exchange: Exchange, startedAt: number): RequestRecord {
    const address = clientAddress(
      exchange.peerAddress,
      exchange.headers["x-forwarded-for"],
      parts.trustedProxies,
    );
    const receivedAt = clock.now();
    const call = openCall(createRequestId(receivedAt), receivedAt, address);
    return {
      call,
      startedAt,
      route: undefined,
      allowance: undefined,
      refused: undefined,
      isTargetClean: false,
      isTokenRead: false,
      strangerLine: undefined,
    };
  }

  /** Whatever can go on at once does: each promise on the way costs every call. */
  function answer(exchange: Exchange, record: RequestRecord): Awaitable<Reply> {
    if (exchange.httpVersion === "1.1" && exchange.headers.host === undefined) {
      throw serviceError("unreadable_request", { hint: "L'en-tête Host manque." });
    }
    const route = routes.resolve(exchange);
    record.route = route;
    if (exchange.target.length > maxTarget) throw serviceError("target_too_long");
    if (route.isStreaming) {
      streams.enter(record.call.clientAddress);
      exchange.streaming = true;
    }
    const { headers, target } = exchange;
    record.isTargetClean = parts.refuseForbidden(headers, target, route.isPage === true);
    if (route.countsAddress) parts.countRefusal(record.call.clientAddress);
    // What anybody may call does something: not when its answer could not leave.
    if (route.people?.anyone) refuseWithoutLine(exchange, record);
    return then(admitAny(route, exchange, record), () =>
      then(callRoute(route, exchange, record), (reply) => {
        // A stranger whom such a method refuses is limited like one whom the token refused.
        if (route.hasOwnCredential && record.call.caller === undefined && reply.error) throw reply.error;
        return reply;
      }),
    );
  }

  function callRoute(route: Route, exchange: Exchange, record: RequestRecord): Awaitable<Reply> {
    const timeoutMs = route.isStreaming ? undefined : readTimeout(exchange.headers, parts.maxDeadlineMs);
    const call = () => route.call(exchange, record.call);
    return timeoutMs === undefined ? call() : withinDeadline(timeoutMs, call);
  }

  /** Whoever the route is for: people, tokens, or anybody. */
  function admitAny(route: Route, exchange: Exchange, record: RequestRecord): Awaitable<void> {
    if (route.people !== undefined) return admitPerson(exchange, record, route.people);
    if (route.hasOwnCredential) record.call.admit = (caller) => admit(exchange, record, caller);
    else if (!route.isPublic && !route.isPage) {
      record.isTokenRead = true;
      return admit(exchange, record, parts.authenticate(exchange.headers, record.call.clientAddress));
    }
  }

  async function admitPerson(
    exchange: Exchange,
    { call }: RequestRecord,
    access: PersonAccess,
  ): Promise<void> {
    if (access.anyone) return;
    call.signedIn = await parts.authenticatePerson(exchange.headers);
    parts.admitPerson(call.signedIn.person, access);
  }

  function admit(exchange: Exchange, record: RequestRecord, caller: Caller): Awaitable<void> {
    record.call.caller = caller;
    const { tokenId, callsPerSecond } = caller;
    const refuseTurn = (refusal: unknown): never => {
      record.allowance = afterRefusal(parts.guard.allowance(tokenId, callsPerSecond), refusal);
      throw refusal;
    };
    const note = (allowance: Allowance) => {
      record.allowance = allowance;
    };
    try {
      const admitted = parts.guard.admit(tokenId, callsPerSecond, exchange);
      return admitted instanceof Promise ? admitted.then(note, refuseTurn) : note(admitted);
    } catch (refusal) {
      return refuseTurn(refusal);
    }
  }

  /** When even the refusal fails, there are no words, and a line all the same. Undefined: there is no line. */
  function refuseAnyhow(exchange: Exchange, record: RequestRecord, reason: unknown): Reply | undefined {
    try {
      return refuse(exchange, record, reason);
    } catch (cause) {
      parts.report(record.call.requestId, cause);
      const error = serviceError("internal", { cause });
      return { status: 500, headers: {}, body: undefined, trailers: undefined, error };
    }
  }

  /** Undefined: the refusal is a stranger's, for whom there is no line. */
  function refuse(exchange: Exchange, record: RequestRecord, reason: unknown): Reply | undefined {
    const { call, route } = record;
    let error = publicError(reason, (cause) => {
      parts.report(call.requestId, cause);
      return serviceError("internal", { cause });
    });
    record.refused = parts.refusedCaller(reason);
    // Our own failures are not the stranger's.
    const isReported = reason !== error || call.error === error;
    if (outcomeOf(error) === "failed" && !isReported) reportCause(call.requestId, error);
    if (isStranger(record) && outcomeOf(error) !== "failed") {
      if (takeLine(exchange, record) !== undefined) return undefined;
      if (route?.isPublic !== true) error = limitAddress(call.clientAddress, error);
    }
    const reply = routes.refuse(exchange, route, error, call);
    // Whoever goes on in spite of that has to connect anew each time.
    if (is("address_limited", error) && exchange.httpVersion !== "2.0") reply.headers["connection"] = "close";
    return reply;
  }

  /** A failure of ours has a cause that only the log may tell. */
  function reportCause(requestId: string, error: ConnectError): void {
    if (error.cause !== undefined && !is("trace_unavailable", error)) parts.report(requestId, error.cause);
  }

  /** Takes a stranger's line, once. Whoever has a good token, and was refused before it was read, is none. */
  function takeLine(exchange: Exchange, record: RequestRecord): NoLine | undefined {
    record.strangerLine ??= strangerLines.take(record.call.clientAddress) ?? "taken";
    if (typeof record.strangerLine === "string") return undefined;
    if (record.isTokenRead || !hasToken(exchange, record)) return record.strangerLine;
    record.strangerLine = "callers";
    return undefined;
  }

  function hasToken({ headers }: Exchange, record: RequestRecord): boolean {
    record.isTokenRead = true;
    try {
      return parts.authenticate(headers, record.call.clientAddress) !== undefined;
    } catch {
      return false;
    }
  }

  function refuseWithoutLine(exchange: Exchange, record: RequestRecord): void {
    const noLine = takeLine(exchange, record);
    if (noLine !== undefined) throw serviceError("address_limited", { retryAfterMs: noLine.retryAfterMs });
  }

  /** A stranger who was refused too often reads that instead of the reason. */
  function limitAddress(address: string, error: ConnectError): ConnectError {
    try {
      parts.countRefusal(address);
      return error;
    } catch (limited) {
      return limited as ConnectError;
    }
  }
}

/** Whether nobody whom we know has asked. */
function isStranger({ call }: RequestRecord): boolean {
  return call.caller === undefined && call.signedIn === undefined;
}

function is(id: ErrorId, error: unknown): boolean {
  return error instanceof ServiceError && error.id === id;
}
