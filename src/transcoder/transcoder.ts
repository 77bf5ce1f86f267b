// The entry: Connect routes in, REST out.
import type { JsonReadOptions, JsonWriteOptions, Registry } from "@bufbuild/protobuf";
import type { ConnectError, ConnectRouter, HandlerContext, Interceptor } from "@connectrpc/connect";
import type { Awaitable } from "./awaitable.ts";
import { type Binding, type CompiledBinding, compileBindings, ruleError } from "./binding.ts";
import { type Call, callBinding, type Route } from "./call-binding.ts";
import type { Now } from "./call-context.ts";
import { encodeError } from "./error-response.ts";
import type { EncodedError, Match, TranscoderRequest, TranscoderResponse } from "./exchange.ts";
import { createJsonWriter } from "./json-writer.ts";
import { createNodeHandler, type NodeHandler } from "./node-handler.ts";
import type { UnknownQueryParameters } from "./query.ts";
import { RouteMatcher } from "./route-matcher.ts";
import { type Registration, recordRoutes } from "./routes.ts";
import { TranscodingError } from "./transcoding-error.ts";

export interface TranscoderOptions {
  /** Run around every method, the first one outermost. */
  readonly interceptors?: readonly Interceptor[];
  /** Types for google.protobuf.Any in bodies and error details. */
  readonly registry?: Registry;
  /** Largest request body, before and after decompression; per message in a client stream. 4 MiB by default. */
  readonly readMaxBytes?: number;
  /** Longest deadline that a caller may ask for, in milliseconds; longer ones are shortened to it. */
  readonly maxTimeoutMs?: number;
  /** What becomes of a query parameter that names no field. `reject` by default. */
  readonly unknownQueryParameters?: UnknownQueryParameters;
  readonly jsonOptions?: Partial<JsonReadOptions & JsonWriteOptions>;
  /** Smallest answer that is compressed, in bytes; Infinity never compresses. 1024 by default. */
  readonly compressMinBytes?: number;
  /** Aborts the signal of every call. */
  readonly shutdownSignal?: AbortSignal;
  /** Runs before the body of a call is read; what it throws is the answer. */
  readonly requestGate?: (context: HandlerContext) => void | Promise<void>;
  /** Renders an error; google.rpc.Status JSON when it gives nothing. */
  readonly encodeError?: (error: ConnectError, request: TranscoderRequest) => EncodedError | undefined;
  /** Monotonic milliseconds, for `HandlerContext.timeoutMs`. */
  readonly now?: Now;
}

export interface Transcoder {
  /** Every binding, in the order of the contract. */
  readonly bindings: readonly Binding[];
  /** Finds the binding of a method and a raw target. Pure. */
  match(httpMethod: string, target: string): Match;
  /** Serves a request, at once when it can. It never rejects: what goes wrong becomes an answer. */
  handle(request: TranscoderRequest): Awaitable<TranscoderResponse>;
  /** Serves requests of a Node server, HTTP/1.1 or HTTP/2. With `next`, what matches no path is passed on. */
  readonly nodeHandler: NodeHandler;
}

const defaultReadMaxBytes = 4 * 1024 * 1024;

/** Compiles the http rules of everything that `routes` registers. Throws when a rule cannot be served. */
export function createTranscoder(
  routes: (router: ConnectRouter) => void,
  options: TranscoderOptions = {},
): Transcoder {
  const matcher = new RouteMatcher<Route>();
  const bindings: Binding[] = [];
  for (const registration of recordRoutes(routes)) {
    for (const binding of compileBindings(registration.method, options.unknownQueryParameters ?? "reject")) {
      const route = routeOf(registration, binding, options);
      const rival = matcher.add(binding.httpMethod, binding.path, route);
      if (rival !== undefined) throw conflict(binding, rival.binding);
      bindings.push(binding);
      routesByBinding.set(binding, route);
    }
  }
  const match = (httpMethod: string, target: string) => matchTarget(matcher, httpMethod, target);
  const handle = (request: TranscoderRequest) => {
    try {
      return serve(request.match ?? match(request.httpMethod, request.target), request);
    } catch (error) {
      return encodeError(error, request, undefined, options);
    }
  };
  return { bindings, match, handle, nodeHandler: createNodeHandler({ match, handle }) };
}

/** The route of each binding that `match` gives out. */
const routesByBinding = new WeakMap<Binding, Route>();

function routeOf(
  { method, implementation, options: own }: Registration,
  binding: CompiledBinding,
  base: TranscoderOptions,
): Route {
  const ownJson = { ...base.jsonOptions, ...own.jsonOptions };
  const jsonOptions = base.registry === undefined ? ownJson : { registry: base.registry, ...ownJson };
  return {
    binding,
    procedure: { method, implementation, interceptors: own.interceptors ?? base.interceptors ?? [] },
    readMaxBytes: own.readMaxBytes ?? base.readMaxBytes ?? defaultReadMaxBytes,
    maxTimeoutMs: own.maxTimeoutMs ?? base.maxTimeoutMs ?? Number.POSITIVE_INFINITY,
    jsonOptions,
    writeJson: createJsonWriter(method.output, jsonOptions),
    compressMinBytes: base.compressMinBytes ?? 1024,
    shutdownSignal: own.shutdownSignal ?? base.shutdownSignal,
    requestGate: own.requestGate ?? base.requestGate,
    now: base.now ?? (() => performance.now()),
    errors: base,
  };
}

function conflict(binding: Binding, rival: Binding): Error {
  const { httpMethod, template } = binding;
  const other = `${rival.method.parent.typeName}.${rival.method.name}`;
  return ruleError(
    binding.method,
    `${httpMethod} ${template} is already bound to ${other} as ${rival.template}`,
  );
}

function matchTarget(matcher: RouteMatcher<Route>, httpMethod: string, target: string): Match {
  const path = pathOf(target);
  if (path === undefined) return { kind: "none" };
  const found = matcher.match(httpMethod, path);
  if (found.kind === "found")
    return { kind: "found", binding: found.route.binding, segments: found.segments };
  if (found.kind === "none") return found;
  const allow = new Set([...found.methods, "OPTIONS"]);
  if (allow.has("GET")) allow.add("HEAD");
  return { kind: "method", allow: [...allow].sort() };
}

/** The path of a request target as received; undefined for `*` and authorities. */
function pathOf(target: string): string | undefined {
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  if (path.startsWith("/")) return path;
  // RFC 9112, section 3.2.2: a server accepts the absolute form too.
  const absolute = /^https?:\/\/[^/]*/i.exec(path);
  return absolute === null ? undefined : path.slice(absolute[0].length) || "/";
}

function serve(match: Match, request: TranscoderRequest): Awaitable<TranscoderResponse> {
  if (match.kind === "none") throw new TranscodingError("route_not_found", "no method has this path");
  if (match.kind === "method") return answerMethod(match.allow, request);
  const route = routesByBinding.get(match.binding);
  if (route === undefined) throw new Error("the match is of another transcoder");
  const call: Call = { route, request, binding: route.binding, segments: match.segments };
  return callBinding(call);
}

function answerMethod(allow: readonly string[], request: TranscoderRequest): TranscoderResponse {
  const headers = { allow: allow.join(", ") };
  if (request.httpMethod === "OPTIONS") return { status: 204, headers, body: new Uint8Array(0) };
  throw new TranscodingError("method_not_allowed", "this path does not take this HTTP method", { headers });
}
