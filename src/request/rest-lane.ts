// REST: the routes of the contracts' google.api.http rules, served by a transcoder for each surface.
import type { DescService } from "@bufbuild/protobuf";
import type { ConnectError, ConnectRouter, ContextValues } from "@connectrpc/connect";
import { then } from "../awaitable.ts";
import { serviceError } from "../errors.ts";
import type { EncodedError, Match, TranscoderRequest, TranscoderResponse } from "../transcoder/exchange.ts";
import { createTranscoder, type Transcoder } from "../transcoder/transcoder.ts";
import type { Call } from "./call.ts";
import { contextOf } from "./context-of.ts";
import { describeMethod } from "./describe-method.ts";
import { type Asked, type Exchange, readBody } from "./exchange.ts";
import { nativeSurface } from "./native-surface.ts";
import { errorRegistry, replyHeaders } from "./render-error.ts";
import type { Reply } from "./reply.ts";
import type { Route, RouteOptions } from "./routes.ts";
import { dropEmptyParameters, isOn, type Surface } from "./surface.ts";
import { toServiceError } from "./transcoding-problem.ts";

export interface RestLane {
  /** Errors: `route_unknown`, `method_not_allowed` (with `Allow`). */
  resolve(exchange: Exchange): Route;
  /** Refuses a request in the words of the surface that it was for. */
  refuse(asked: Asked, error: ConnectError): Reply;
}

interface Lane {
  readonly surface: Surface;
  readonly transcoder: Transcoder;
  readonly maxBodyBytes: number;
}

export function createRestLane(options: RouteOptions): RestLane {
  const native = createLane(options, nativeSurface);
  const others = options.surfaces.map((surface) => createLane(options, surface));
  const laneOf = ({ target }: Asked) => others.find(({ surface }) => isOn(surface, target)) ?? native;
  return {
    resolve(exchange) {
      const lane = laneOf(exchange);
      const match = lane.transcoder.match(exchange.method, exchange.target);
      if (match.kind === "found") return routeOf(lane, match);
      if (match.kind === "none") throw serviceError("route_unknown");
      if (exchange.method === "OPTIONS") return optionsRoute(match.allow);
      const error = serviceError("method_not_allowed");
      error.metadata.set("allow", match.allow.join(", "));
      throw error;
    },
    refuse(asked, error) {
      const { status, contentType, headers, body } = encodeError(laneOf(asked).surface, error, asked.target);
      return {
        status,
        headers: { ...headers, "content-type": contentType },
        body: typeof body === "string" ? Buffer.from(body) : body,
        trailers: undefined,
        error,
      };
    },
  };
}

function createLane(options: RouteOptions, surface: Surface): Lane {
  const isOther = ({ file }: DescService) =>
    options.surfaces.some((other) => other.package === file.proto.package);
  const isOwn = ({ file }: DescService) => surface.package === file.proto.package;
  const register = only(options.register, surface === nativeSurface ? (service) => !isOther(service) : isOwn);
  const transcoder = createTranscoder(register, {
    registry: errorRegistry,
    readMaxBytes: options.maxBodyBytes,
    maxTimeoutMs: options.maxDeadlineMs,
    shutdownSignal: options.shutdownSignal,
    unknownQueryParameters: surface.unknownQueryParameters,
    jsonOptions: surface.jsonOptions,
    encodeError: (error, { target }) => encodeError(surface, toServiceError(error), target),
  });
  return { surface, transcoder, maxBodyBytes: options.maxBodyBytes };
}

/** The registration of some services only. */
function only(
  register: RouteOptions["register"],
  isWanted: (service: DescService) => boolean,
): RouteOptions["register"] {
  return (router) => {
    const filter: ConnectRouter = {
      handlers: router.handlers,
      service(service, implementation, own) {
        if (isWanted(service)) router.service(service, implementation, own);
        return filter;
      },
      rpc(method, implementation, own) {
        if (isWanted(method.parent)) router.rpc(method, implementation, own);
        return filter;
      },
    };
    register(filter);
  };
}

function routeOf(
  { surface, transcoder, maxBodyBytes }: Lane,
  match: Extract<Match, { kind: "found" }>,
): Route {
  const { method, template } = match.binding;
  return {
    ...describeMethod(method),
    protocol: "rest",
    pattern: template,
    rateLimitReset: surface.rateLimitReset,
    call(exchange, call) {
      const isWhole = method.methodKind === "unary" || method.methodKind === "server_streaming";
      const hasBody = exchange.body !== undefined || exchange.source !== undefined;
      const body = isWhole && hasBody ? readBody(exchange, maxBodyBytes) : exchange.source;
      return then(body, (read) =>
        then(transcoder.handle(new RestRequest(exchange, call, surface, read, match)), (response) =>
          replyOf(call, response),
        ),
      );
    },
  };
}

function replyOf(call: Call, { status, headers, body, trailers, error }: TranscoderResponse): Reply {
  const own = error === undefined ? undefined : toServiceError(error);
  return { status, headers, body, trailers, error: call.error ?? own };
}

/**
 * A class, for its accessor: an object literal with one gets a hidden class of its own, which keeps all that the
 * accessor sees until the next full collection. Every call outlived the young generation so.
 */
class RestRequest implements TranscoderRequest {
  readonly httpMethod: string;
  readonly target: string;
  readonly headers: Exchange["headers"];
  readonly body: TranscoderRequest["body"];
  readonly match: Match;
  readonly contextValues: ContextValues;
  readonly #exchange: Exchange;

  constructor(
    exchange: Exchange,
    call: Call,
    surface: Surface,
    body: TranscoderRequest["body"],
    match: Match,
  ) {
    const { method, target, headers } = exchange;
    this.httpMethod = method;
    this.target = surface.dropsEmptyParameters ? dropEmptyParameters(target) : target;
    this.headers = headers;
    this.body = body;
    this.match = match;
    this.contextValues = contextOf(call);
    this.#exchange = exchange;
  }

  /** Made on first use: most calls never look at it. */
  get signal(): AbortSignal {
    return this.#exchange.signal;
  }
}

/** OPTIONS tells the methods of an address and nothing else: no page of another origin may call us. */
function optionsRoute(allow: readonly string[]): Route {
  return {
    protocol: "rest",
    pattern: "",
    rpc: "",
    isPublic: true,
    countsAddress: true,
    isStreaming: false,
    call: async () => ({
      status: 204,
      headers: { allow: allow.join(", ") },
      body: undefined,
      trailers: undefined,
      error: undefined,
    }),
  };
}

function encodeError(surface: Surface, error: ConnectError, target: string): EncodedError {
  return { ...surface.renderError(error, target), headers: replyHeaders(error) };
}
