// Node's HTTP/1.1 server, on connections that the listener gives to it.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { createServer, ServerResponse } from "../node-http.ts";
import { AddressPlaces } from "./address-places.ts";
import { connectionLimits } from "./connection-limits.ts";
import type { Asked, Exchange } from "./exchange.ts";
import { farewell, Http1Connection } from "./http1-connection.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http1PlainExchange, type PlainPlace } from "./http1-plain-exchange.ts";
import { guessAsked, type ParseError, rereadRequest } from "./http1-reread.ts";
import type { ListenerOptions } from "./listener.ts";
import { refuseUnread } from "./refuse-unread.ts";
import type { Reply } from "./reply.ts";
import type { UntakenAnswers } from "./untaken-answers.ts";

export function createHttp1(
  options: Pick<ListenerOptions, "exchangeTimeoutMs" | "isProxy" | "refuse" | "refuseRest"> & {
    readonly untaken: UntakenAnswers;
  },
  run: (exchange: Exchange) => void,
  isClosing: () => boolean,
) {
  const connections = new WeakMap<Socket, Http1Connection>();
  const waiting = new AddressPlaces(connectionLimits.maxWaitingOfAddress);
  const connectionOf = (socket: Socket) => {
    const known = connections.get(socket);
    if (known !== undefined) return known;
    const { remoteAddress } = socket;
    const isCounted = remoteAddress !== undefined && !options.isProxy(remoteAddress);
    const connection = new Http1Connection(socket, isCounted ? waiting : undefined);
    connections.set(socket, connection);
    return connection;
  };
  const serve = (request: IncomingMessage, response: ServerResponse, prepare?: () => void) => {
    const exchange = new Http1Exchange(request, response, options.untaken);
    const fault = faultOf(request);
    // Node throws away what came with a request to upgrade and behind it: whoever sent it has to learn that.
    const isLast = fault !== undefined || request.headers.upgrade !== undefined;
    const start = () => {
      if (isClosing() || isLast) response.shouldKeepAlive = false;
      prepare?.();
      if (fault === undefined) run(exchange);
      else refuseUnread(exchange, fault, options.refuse);
    };
    connectionOf(request.socket).enter({ exchange, response, start });
  };
  const server = createServer(
    {
      headersTimeout: connectionLimits.headersTimeoutMs,
      requestTimeout: connectionLimits.headersTimeoutMs + options.exchangeTimeoutMs,
      keepAliveTimeout: connectionLimits.idleTimeoutMs,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: connectionLimits.maxHeaderBytes,
      // A request without Host is refused on the path, where it leaves its line in the journal.
      requireHostHeader: false,
    },
    (request, response) => serve(request, response),
  );
  // Whoever stops sending after a request still gets the answer. It needs both sides to know.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.prependListener("connection", (socket: Socket) => {
    socket.allowHalfOpen = true;
  });
  server.maxHeadersCount = connectionLimits.maxHeaderPairs;
  // For a peer that takes nothing, not even short answers. No exchange is silent for longer.
  server.timeout = connectionLimits.streamTimeoutMs;
  // Node would answer both by itself, and no line of the journal would tell of them.
  server.on("checkExpectation", (request, response) => serve(request, response));
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    socket.on("error", () => socket.destroy());
    response.once("finish", () => farewell(socket));
    serve(request, response, () => response.assignSocket(socket));
  });
  server.on("clientError", (error: ParseError, socket: Socket) => {
    const connection = connectionOf(socket);
    // What follows the unreadable is thrown away, until the farewell is over.
    if (connection.isUnreadable && error.code !== "ECONNRESET") return;
    const { arriving } = connection;
    // The rest of a request that is being served: it has its own line, and maybe the beginning of its answer.
    const isRest = arriving?.hasStarted === true;
    if (error.code === "ECONNRESET" || !socket.writable || (isRest && arriving.exchange.isAnswered)) {
      socket.destroy();
      return;
    }
    connection.isUnreadable = true;
    if (isRest) {
      sendLast(lastExchange(socket, arriving.exchange), options.refuseRest(arriving.exchange));
      return;
    }
    if (arriving !== undefined) connection.withdrawLatest();
    const start = lastTurn(socket, error, arriving?.exchange);
    connection.enter({ exchange: undefined, response: undefined, start });
  });
  return server;

  /** What becomes of the unreadable once it is its turn: `waiting` is the request whose rest it is. */
  function lastTurn(socket: Socket, error: ParseError, waiting: Exchange | undefined): () => void {
    const request = waiting === undefined ? rereadRequest(error) : undefined;
    const asked = request ?? waiting ?? guessAsked(error);
    const last = lastExchange(socket, asked);
    if (request !== undefined) return () => run(last);
    const reply = options.refuse(error.code ?? "", last.peerAddress, asked);
    return () => (reply === undefined ? last.destroy() : sendLast(last, reply));
  }
}

/** What Node reads and no server may serve, as a code like those of its parser. */
function faultOf({ rawHeaders, headers, httpVersion }: IncomingMessage): string | undefined {
  // RFC 9112, 6.1: HTTP/1.0 knows none, so that others read another body; one that we do not know is not read.
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && (httpVersion === "1.0" || coding.toLowerCase() !== "chunked")) {
    return "HPE_INVALID_TRANSFER_ENCODING";
  }
  // RFC 9112, 3.2: of two, servers choose differently.
  const hosts = rawHeaders.filter((text, index) => index % 2 === 0 && /^host$/i.test(text));
  return hosts.length > 1 ? "DUPLICATE_HOST" : undefined;
}

/** A request behind which nothing of its connection is read. */
function lastExchange(
  socket: Socket,
  { method, target, headers, body }: Asked & { readonly body?: Uint8Array | undefined },
): Exchange {
  const place: PlainPlace = {
    socket,
    peerAddress: socket.remoteAddress ?? "",
    persistence: () => "connection: close\r\n",
    onStreaming() {},
    onAnswered: () => farewell(socket),
  };
  const exchange = new Http1PlainExchange(place, { method, target, headers, body, isLast: true });
  socket.once("close", () => exchange.leave());
  return exchange;
}

function sendLast(exchange: Exchange, reply: Reply): void {
  void exchange.send(exchange.method === "HEAD" ? { ...reply, body: undefined } : reply);
}
