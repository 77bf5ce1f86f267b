// One port for HTTP/1.1 and HTTP/2: in cleartext the first bytes tell (RFC 9113, 3.4: an HTTP/2 client starts with a
// preface), with TLS the handshake does (ALPN).
import { once } from "node:events";
import { createServer as createHttp1Server, type IncomingMessage, ServerResponse } from "node:http";
import { constants, createServer as createHttp2Server, type Http2Session } from "node:http2";
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import type { Clock } from "../clock.ts";
import type { Exchange } from "./exchange.ts";
import { farewell, Http1Connection } from "./http1-connection.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import { type Running, RunningExchanges } from "./running-exchanges.ts";
import { createTurnBatch } from "./turn-batch.ts";

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Certificate chain and key (PEM); absent: cleartext. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Longest time for a unary exchange, from its first byte to its answer, in milliseconds. */
  readonly exchangeTimeoutMs: number;
  /** Handles one request that arrived at an instant of the monotonic clock, in milliseconds. It never rejects. */
  readonly handle: (exchange: Exchange, arrivedAt: number) => Promise<void>;
  readonly monotonic: Clock["monotonic"];
  /** Told of what is no HTTP request: `code` is Node's (`HPE_HEADER_OVERFLOW`); returns the status to answer. */
  readonly refuse: (code: string, peerAddress: string) => number;
}

export interface Listener {
  readonly port: number;
  /** Stops accepting, lets running exchanges end within `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

/** What one client may hold open. */
const limits = {
  maxConnections: 10_000,
  /** For the first bytes of a connection and the TLS handshake. */
  helloTimeoutMs: 5_000,
  headersTimeoutMs: 10_000,
  idleTimeoutMs: 65_000,
  /** A streaming exchange (health watch, reflection) is cut after this time; clients come back by themselves. */
  streamTimeoutMs: 600_000,
  maxStreamsPerConnection: 100,
  /** Streams that a client may take back at once, and each second: every one of them costs a line of the journal. */
  resetBurst: 200,
  resetsPerSecond: 33,
  /** Far above what keep-alive and bandwidth probes need; a flood keeps the process from everybody else. */
  maxPings: 1000,
  pingPeriodMs: 10_000,
  maxHeaderBytes: 16_384,
  maxHeaderPairs: 100,
  /** Up to here, HTTP/2 headers that are too many are refused with an answer; beyond, their stream is reset. */
  maxReadHeaderPairs: 1000,
  maxReadHeaderBytes: 65_536,
};

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export async function listen(options: ListenerOptions): Promise<Listener> {
  const running = new RunningExchanges();
  const sockets = new Set<Socket>();
  /** Each with the address of its peer: asking the session for it on every stream goes through a proxy. */
  const sessions = new Map<Http2Session, string>();
  let closing = false;
  const http1 = createHttp1(options, run, () => closing);
  const http2 = createHttp2(options, run, sessions);
  const dispatch = (socket: Socket, isHttp2: boolean) => (isHttp2 ? http2 : http1).emit("connection", socket);
  const server = options.tls === undefined ? sniff(dispatch) : negotiate(options.tls, dispatch);
  server.maxConnections = limits.maxConnections;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once("close", () => sockets.delete(socket));
  });
  const sweep = setInterval(() => cutLate(running, options), 500);
  sweep.unref();

  const serve = createTurnBatch<Running>((one) => {
    void options.handle(one.exchange, one.startedAt).then(() => running.leave(one));
  });

  function run(exchange: Exchange): void {
    serve(running.enter(exchange, options.monotonic()));
  }

  server.listen(options.port, options.host);
  await once(server, "listening");
  // Without this event the HTTP/1.1 server never checks its header and request timeouts.
  http1.emit("listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      closing = true;
      server.close();
      http1.close();
      http1.closeIdleConnections();
      for (const session of sessions.keys()) session.close();
      const deadline = performance.now() + graceMs;
      // A session ends by itself once its streams have: what they hold has left by then.
      while ((running.size > 0 || sessions.size > 0) && performance.now() < deadline) await delay(20);
      clearInterval(sweep);
      for (const session of sessions.keys()) session.destroy();
      http1.closeIdleConnections();
      for (const socket of sockets) socket.destroySoon();
      await delay(20);
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Exchanges that are late are cut, however slowly their bytes drip; a stream may take longer. */
function cutLate(
  running: RunningExchanges,
  { exchangeTimeoutMs, monotonic }: Pick<ListenerOptions, "exchangeTimeoutMs" | "monotonic">,
): void {
  const now = monotonic();
  for (const { exchange, startedAt } of running) {
    const allowed = exchange.streaming ? limits.streamTimeoutMs : exchangeTimeoutMs;
    if (now - startedAt > allowed) exchange.destroy();
  }
}

function createHttp1(options: ListenerOptions, run: (exchange: Exchange) => void, isClosing: () => boolean) {
  const connections = new WeakMap<Socket, Http1Connection>();
  const connectionOf = (socket: Socket) => {
    const known = connections.get(socket);
    if (known !== undefined) return known;
    const connection = new Http1Connection(socket);
    connections.set(socket, connection);
    return connection;
  };
  const serve = (request: IncomingMessage, response: ServerResponse, prepare?: () => void) => {
    const exchange = new Http1Exchange(request, response);
    const start = () => {
      if (isClosing()) response.shouldKeepAlive = false;
      prepare?.();
      run(exchange);
    };
    connectionOf(request.socket).enter({ exchange, response, start });
  };
  const server = createHttp1Server(
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.headersTimeoutMs + options.exchangeTimeoutMs,
      keepAliveTimeout: limits.idleTimeoutMs,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: limits.maxHeaderBytes,
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
  server.maxHeadersCount = limits.maxHeaderPairs;
  // Node would answer both by itself, and no line of the journal would tell of them.
  server.on("checkExpectation", (request, response) => serve(request, response));
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    socket.on("error", () => socket.destroy());
    response.once("finish", () => farewell(socket));
    serve(request, response, () => response.assignSocket(socket));
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
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
      farewell(socket, emptyAnswer(400));
      return;
    }
    if (arriving !== undefined) connection.withdrawLatest();
    const status = options.refuse(error.code ?? "", socket.remoteAddress ?? "");
    const start = () => farewell(socket, emptyAnswer(status));
    connection.enter({ exchange: undefined, response: undefined, start });
  });
  return server;
}

function emptyAnswer(status: number): string {
  return `HTTP/1.1 ${status} \r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
}

function createHttp2(
  options: ListenerOptions,
  run: (exchange: Exchange) => void,
  sessions: Map<Http2Session, string>,
) {
  const server = createHttp2Server({
    settings: {
      maxConcurrentStreams: limits.maxStreamsPerConnection,
      maxHeaderListSize: limits.maxReadHeaderBytes,
    },
    maxHeaderListPairs: limits.maxReadHeaderPairs,
    maxSessionMemory: 8,
    streamResetBurst: limits.resetBurst,
    streamResetRate: limits.resetsPerSecond,
  });
  server.on("session", (session) => {
    sessions.set(session, session.socket.remoteAddress ?? "");
    session.once("close", () => sessions.delete(session));
    // close() would wait for open streams, which is what an idle client holds on to.
    session.setTimeout(limits.idleTimeoutMs, () => session.destroy());
    session.on("error", () => session.destroy());
    limitPings(session);
  });
  server.on("stream", (stream, headers, flags, rawHeaders) => {
    stream.on("error", () => {
      // The caller reset the stream: the exchange sees it as gone.
    });
    const peerAddress = (stream.session && sessions.get(stream.session)) ?? "";
    const exchange = new Http2Exchange(stream, headers, flags, peerAddress);
    if (!areTooLarge(rawHeaders)) {
      run(exchange);
      return;
    }
    const status = options.refuse("HPE_HEADER_OVERFLOW", exchange.peerAddress);
    void exchange.send({ status, headers: {}, body: undefined, trailers: undefined, error: undefined });
  });
  return server;
}

/** The limits of HTTP/1.1, for names and values in turn. */
function areTooLarge(rawHeaders: readonly string[]): boolean {
  let length = 0;
  for (let index = 0; index < rawHeaders.length; index += 1) length += rawHeaders[index]?.length ?? 0;
  return length > limits.maxHeaderBytes || rawHeaders.length > 2 * limits.maxHeaderPairs;
}

/** Node answers each PING and cuts a flood only when its answers are not read for long. */
function limitPings(session: Http2Session): void {
  let pings = 0;
  let periodStartedAt = performance.now();
  session.on("ping", () => {
    const now = performance.now();
    if (now - periodStartedAt > limits.pingPeriodMs) {
      periodStartedAt = now;
      pings = 0;
    }
    pings += 1;
    if (pings > limits.maxPings) session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });
}

/** Decides on the first bytes, as soon as they differ from the preface of HTTP/2. */
function sniff(dispatch: (socket: Socket, isHttp2: boolean) => void): Server {
  return createNetServer({ noDelay: true }, (socket) => {
    let seen = Buffer.alloc(0);
    const late = () => socket.destroy();
    const timer = setTimeout(late, limits.helloTimeoutMs);
    socket.once("close", () => clearTimeout(timer));
    socket.on("error", late);
    socket.on("data", function read(chunk: Buffer) {
      seen = Buffer.concat([seen, chunk]);
      const length = Math.min(seen.length, preface.length);
      const same = seen.subarray(0, length).equals(preface.subarray(0, length));
      if (same && length < preface.length) return;
      socket.off("data", read);
      clearTimeout(timer);
      socket.pause();
      socket.unshift(seen);
      dispatch(socket, same);
      socket.off("error", late);
      if (!same) socket.resume();
    });
  });
}

function negotiate(
  tls: { readonly cert: string; readonly key: string },
  dispatch: (socket: Socket, isHttp2: boolean) => void,
): Server {
  const server = createTlsServer({
    ...tls,
    ALPNProtocols: ["h2", "http/1.1"],
    minVersion: "TLSv1.2",
    handshakeTimeout: limits.helloTimeoutMs,
  });
  server.on("secureConnection", (socket: TLSSocket) => dispatch(socket, socket.alpnProtocol === "h2"));
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return server;
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
