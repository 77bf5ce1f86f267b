// REST: the routes of the contracts' google.api.http rules, served by the transcoder.
import type { ConnectError } from "@connectrpc/connect";
import { serviceError } from "../errors.ts";
import type { EncodedError, Match } from "../transcoder/exchange.ts";
import { createTranscoder } from "../transcoder/transcoder.ts";
import { contextOf } from "./context-of.ts";
import { describeMethod } from "./describe-method.ts";
import type { Exchange } from "./exchange.ts";
import { errorRegistry, httpStatus, replyHeaders, statusBody } from "./render-error.ts";
import type { Route, RouteOptions } from "./routes.ts";
import { toServiceError } from "./transcoding-problem.ts";

export interface RestLane {
  /** Errors: `route_unknown`, `method_not_allowed` (with `Allow`). */
  resolve(exchange: Exchange): Route;
}

export function createRestLane(options: RouteOptions): RestLane {
  const transcoder = createTranscoder(options.register, {
    interceptors: options.interceptors,
    registry: errorRegistry,
    readMaxBytes: options.maxBodyBytes,
    maxTimeoutMs: options.maxDeadlineMs,
    shutdownSignal: options.shutdownSignal,
    encodeError: (error) => encodeError(toServiceError(error)),
  });
  return {
    resolve(exchange) {
      const match = transcoder.match(exchange.method, exchange.target);
      if (match.kind === "found") return route(match);
      if (match.kind === "none") throw serviceError("route_unknown");
      if (exchange.method === "OPTIONS") return optionsRoute(match.allow);
      const error = serviceError("method_not_allowed");
      error.metadata.set("allow", match.allow.join(", "));
      throw error;
    },
  };

  function route(match: Extract<Match, { kind: "found" }>): Route {
    const { method, template } = match.binding;
    return {
      ...describeMethod(method),
      protocol: "rest",
      pattern: template,
      async call(exchange, call) {
        const { httpVersion: _, method: httpMethod, target, headers, body } = exchange;
        const response = await transcoder.handle({
          httpMethod,
          target,
          headers,
          body,
          match,
          contextValues: contextOf(call),
          // Made on first use: most calls never look at it.
          get signal() {
            return exchange.signal;
          },
        });
        const error = response.error === undefined ? undefined : toServiceError(response.error);
        return { ...response, trailers: response.trailers, error: call.error ?? error };
      },
    };
  }
}

/** OPTIONS tells the methods of an address and nothing else: no page of another origin may call us. */
function optionsRoute(allow: readonly string[]): Route {
  return {
    protocol: "rest",
    pattern: "",
    rpc: "",
    isPublic: true,
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

function encodeError(error: ConnectError): EncodedError {
  return {
    status: httpStatus(error),
    contentType: "application/json",
    body: statusBody(error),
    headers: replyHeaders(error),
  };
}
