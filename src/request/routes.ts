// Finds what a request is for: a probe, an RPC path (gRPC, gRPC-Web, Connect) or a REST route of the contracts.
import {
  type ConnectError,
  type ConnectRouter,
  createConnectRouter,
  type MethodImplSpec,
} from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import type { PersonAccess } from "../access/person-access.ts";
import type { Awaitable } from "../awaitable.ts";
import { serviceError } from "../errors.ts";
import type { Call } from "./call.ts";
import { compressions } from "./compression.ts";
import { callConnect } from "./connect-lane.ts";
import { maxStreamMs } from "./deadline.ts";
import { describeMethod } from "./describe-method.ts";
import type { Asked, Exchange } from "./exchange.ts";
import { callLean, leanFraming } from "./lean-lane.ts";
import { collectMethods } from "./method-table.ts";
import { detectProtocol, type Protocol } from "./protocol.ts";
import { renderError } from "./render-error.ts";
import type { Reply } from "./reply.ts";
import { createRestLane } from "./rest-lane.ts";
import type { Surface } from "./surface.ts";

/** Where a request goes. */
export interface Route {
  /** How it speaks; a page of the dashboard speaks HTML. */
  readonly protocol: Protocol | "page";
  /** The route as the contract writes it, without values. */
  readonly pattern: string;
  /** `package.Service/Method`, or empty. */
  readonly rpc: string;
  /** Whether it needs no token and holds no data (health, reflection, probes). */
  readonly isPublic: boolean;
  /** Who may call it, when people do and not tokens. */
  readonly people?: PersonAccess | undefined;
  /** Whether the method reads a credential of its own, which is no token of ours (FranceConnect). */
  readonly hasOwnCredential?: boolean;
  /** Whether calls of a public route count against their address, since no token limits them. */
  readonly countsAddress?: boolean;
  /** Whether it is a page: it takes browsers, with rules of its own, and finds its person by a cookie. */
  readonly isPage?: boolean;
  readonly isStreaming: boolean;
  /** How its answers write `RateLimit-Reset`; absent: as a delay. */
  readonly rateLimitReset?: Surface["rateLimitReset"];
  call(exchange: Exchange, call: Call): Awaitable<Reply>;
}

/** The pages and files that browsers get. */
export interface PageRoutes {
  /** The route of a path; undefined when it is none of theirs. Errors: `method_not_allowed`. */
  resolve(path: string, method: string): Route | undefined;
  /** Whether a request for a path that is nobody's wants its refusal as a page. */
  wants(exchange: Exchange): boolean;
  refuse(error: ConnectError, exchange: Exchange, call: Call): Reply;
}

export interface RouteOptions {
  /** Registers the services, once for all protocols. */
  readonly register: (router: ConnectRouter) => void;
  readonly maxBodyBytes: number;
  readonly maxDeadlineMs: number;
  readonly shutdownSignal: AbortSignal;
  /** Whether plain unary calls take the short path. */
  readonly lean: boolean;
  /** REST contracts beside the native one. */
  readonly surfaces: readonly Surface[];
  /** Routes that are no methods, by path. They answer GET and HEAD. */
  readonly probes: ReadonlyMap<string, Route>;
  readonly pages: PageRoutes;
}

export interface Routes {
  /** The route of a request. Errors: `route_unknown`, `method_unknown`, `method_not_allowed`. */
  resolve(exchange: Exchange): Route;
  /** Refuses a request in the words of its protocol and, over REST, of its surface. */
  refuse(exchange: Exchange, route: Route | undefined, error: ConnectError, call: Call): Reply;
  /** Refuses what is known by its head alone, and never as a page. */
  refuseUnread(asked: Asked, error: ConnectError): Reply;
}

export function createRoutes(options: RouteOptions): Routes {
  const router = createConnectRouter({
    readMaxBytes: options.maxBodyBytes,
    maxTimeoutMs: maxStreamMs,
    shutdownSignal: options.shutdownSignal,
    jsonOptions: { ignoreUnknownFields: false },
    acceptCompression: [...compressions],
  });
  options.register(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  const methods = collectMethods(options.register);
  const rest = createRestLane(options);
  return {
    resolve(exchange) {
      const path = pathOf(exchange.target);
      const probe = options.probes.get(path);
      if (probe !== undefined) return onlyReads(probe, exchange);
      const handler = handlers.get(path);
      if (handler !== undefined) return rpcRoute(handler, methods.get(path), exchange);
      const page = options.pages.resolve(path, exchange.method);
      if (page !== undefined) return page;
      if (isGrpc(exchange)) throw serviceError("method_unknown");
      return rest.resolve(exchange);
    },
    refuse(exchange, route, error, call) {
      if (route?.protocol === "page" || (route === undefined && options.pages.wants(exchange))) {
        return options.pages.refuse(error, exchange, call);
      }
      return refuseAs(route?.protocol, exchange, error);
    },
    refuseUnread: (asked, error) => refuseAs(undefined, asked, error),
  };

  function refuseAs(known: Protocol | undefined, asked: Asked, error: ConnectError): Reply {
    const contentType = asked.headers["content-type"];
    const protocol = known ?? (isGrpc(asked) ? detectProtocol(contentType) : "rest");
    return protocol === "rest" ? rest.refuse(asked, error) : renderError(protocol, error, contentType);
  }

  function rpcRoute(handler: UniversalHandler, spec: MethodImplSpec | undefined, exchange: Exchange): Route {
    const protocol = detectProtocol(exchange.headers["content-type"]);
    const framing = options.lean && spec?.kind === "unary" ? leanFraming(exchange) : undefined;
    return {
      ...describeMethod(handler.method),
      protocol,
      pattern: handler.requestPath,
      call: (_, call) =>
        spec?.kind === "unary" && framing !== undefined
          ? callLean(spec, framing, exchange, call, options.maxBodyBytes)
          : callConnect(handler, protocol, exchange, call, options),
    };
  }
}

function isGrpc({ headers }: Asked): boolean {
  return headers["content-type"]?.startsWith("application/grpc") === true;
}

function onlyReads(route: Route, exchange: Exchange): Route {
  if (exchange.method !== "GET" && exchange.method !== "HEAD") throw serviceError("method_not_allowed");
  return route;
}

/** The path of a request target, as written: it is matched raw. */
function pathOf(target: string): string {
  // A proxy may name the host in the target (RFC 9112, 3.2.2).
  const local = target.startsWith("/") ? target : target.replace(/^https?:\/\/[^/?#]*/i, "");
  const query = local.indexOf("?");
  return query === -1 ? local : local.slice(0, query);
}
