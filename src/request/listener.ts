// One port for HTTP/1.1 and HTTP/2: in cleartext the first bytes tell (RFC 9113, 3.4: an HTTP/2 client starts with a
// preface), with TLS the handshake does (ALPN).
import { once } from "node:events";
import { constants, createServer as createHttp2Server, type Http2Session } from "node:http2";
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import type { Clock } from "../clock.ts";
import { preface } from "../http2/frame-reader.ts";
import type { AnswerRoom } from "../http2/held-answers.ts";
import { connectionLimits } from "./connection-limits.ts";
import { createConnectionPlaces } from "./connection-places.ts";
import type { Asked, Exchange } from "./exchange.ts";
import { Http1PlainLane } from "./http1-plain-lane.ts";
import { createHttp1 } from "./http1-server.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import { Http2LeanLane } from "./http2-lean-lane.ts";
import { refuseUnread } from "./refuse-unread.ts";
import type { Reply } from "./reply.ts";
import { type Running, RunningExchanges } from "./running-exchanges.ts";
import { StreamAges } from "./stream-ages.ts";
import { createTurnBatch } from "./turn-batch.ts";
import { UntakenAnswers } from "./untaken-answers.ts";

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Certificate chain and key (PEM); absent: cleartext. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Whether a peer speaks for many, so that its connections are not limited as one client's. */
  readonly isProxy: (address: string) => boolean;
  /** Whether plain requests of HTTP/1.1, and HTTP/2, take the short paths. */
  readonly lean: boolean;
  /** Longest time for a unary exchange, from its first byte to its answer, in milliseconds. */
  readonly exchangeTimeoutMs: number;
  /** Handles one request that arrived at an instant of the monotonic clock, in milliseconds. It never rejects. */
  readonly handle: (exchange: Exchange, arrivedAt: number) => Promise<void>;
  readonly monotonic: Clock["monotonic"];
  /**
   * Told of what is no HTTP request: `code` is Node's (`HPE_HEADER_OVERFLOW`), `asked` what can be told of it. Gives the
   * answer; undefined: it is cut without one.
   */
  readonly refuse: (code: string, peerAddress: string, asked: Asked) => Reply | undefined;
  /** The answer to a request whose rest cannot be read. Its line is written when its method has ended. */
  readonly refuseRest: (asked: Asked) => Reply;
  /** Told of an error of ours, which has ended a connection and nothing else. */
  readonly report: (error: unknown) => void;
}

export interface Listener {
  readonly port: number;
  /** Stops accepting, lets running exchanges end and answers be taken within `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

/** How often is looked for what lasts too long, in milliseconds. */
const sweepMs = 500;

export async function listen(options: ListenerOptions): Promise<Listener> {
  const running = new RunningExchanges();
  const sockets = new Set<Socket>();
  const sessions: Sessions = new Map();
  let closing = false;
  const untaken = new UntakenAnswers(options.isProxy);
  const http1 = createHttp1({ ...options, untaken }, run, () => closing);
  const http2 = createHttp2({ ...options, untaken }, run, sessions);
  const plain = new Http1PlainLane({
    run,
    handOver: (socket) => http1.emit("connection", socket),
    isClosing: () => closing,
    untaken,
  });
  const lean = new Http2LeanLane({
    run,
    refuseHeaders: (exchange) => refuseUnread(exchange, "HPE_HEADER_OVERFLOW", options.refuse),
    untaken,
    monotonic: options.monotonic,
    report: options.report,
  });
  const dispatch = (socket: Socket, isHttp2: boolean) => {
    hold(socket);
    if (options.lean) (isHttp2 ? lean : plain).take(socket);
    else (isHttp2 ? http2 : http1).emit("connection", socket);
  };
  const server = options.tls === undefined ? sniff(dispatch) : negotiate(options.tls, dispatch);
  server.maxConnections = connectionLimits.maxConnections;
  const takePlace = createConnectionPlaces(options.isProxy);
  server.on("connection", (socket: Socket) => {
    hold(socket);
    takePlace(socket);
    socket.setNoDelay(true);
  });
  const sweep = setInterval(() => {
    cutLate(running, options);
    plain.sweep(sweepMs);
    lean.sweep(sweepMs);
  }, sweepMs);
  sweep.unref();
  const sweepHeld = setInterval(() => {
    for (const [session, { streams }] of sessions) if (streams.turn()) session.destroy();
    lean.turn();
  }, connectionLimits.streamTimeoutMs);
  sweepHeld.unref();

  const serve = createTurnBatch<Running>((one) => {
    void options.handle(one.exchange, one.startedAt).then(() => running.leave(one));
  });

  /** Knows a socket until it closes; with TLS, that of the handshake and the one that speaks through it. */
  function hold(socket: Socket): void {
    if (sockets.has(socket)) return;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  }

  /** Waits until all that is under way is answered and taken, and ends what is idle. */
  async function untilQuiet(deadline: number): Promise<void> {
    for (;;) {
      const isLeaving = [...sockets].some((socket) => socket.writableLength > 0);
      // To Node a connection is idle, and cut, as soon as its answer is written, taken or not.
      if (!isLeaving) http1.closeIdleConnections();
      // A session ends by itself once its streams have: what they hold has left by then.
      const isQuiet = !isLeaving && running.size === 0 && sessions.size + lean.size === 0;
      if (isQuiet || performance.now() >= deadline) return;
      await delay(20);
    }
  }

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
      plain.closeIdleConnections();
      for (const session of sessions.keys()) session.close();
      lean.close();
      await untilQuiet(performance.now() + graceMs);
      clearInterval(sweep);
      clearInterval(sweepHeld);
      http1.close();
      for (const session of sessions.keys()) session.destroy();
      lean.destroy();
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
    const allowed = exchange.streaming ? connectionLimits.streamTimeoutMs : exchangeTimeoutMs;
    if (now - startedAt > allowed) exchange.destroy();
  }
}

interface KnownSession {
  /** Asking the session for it on every stream goes through a proxy. */
  readonly peerAddress: string;
  readonly room: AnswerRoom;
  /** A peer that takes no answer, and sends PINGs, would hold them for ever. */
  readonly streams: StreamAges;
}

type Sessions = Map<Http2Session, KnownSession>;

function createHttp2(
  options: ListenerOptions & { readonly untaken: UntakenAnswers },
  run: (exchange: Exchange) => void,
  sessions: Sessions,
) {
  const server = createHttp2Server({
    settings: {
      maxConcurrentStreams: connectionLimits.maxStreamsPerConnection,
      maxHeaderListSize: connectionLimits.maxReadHeaderBytes,
    },
    maxHeaderListPairs: connectionLimits.maxReadHeaderPairs,
    maxSessionMemory: 8,
    streamResetBurst: connectionLimits.resetBurst,
    streamResetRate: connectionLimits.resetsPerSecond,
  });
  server.on("session", (session) => {
    const peerAddress = session.socket.remoteAddress ?? "";
    const room = options.untaken.roomOf(peerAddress);
    sessions.set(session, { peerAddress, room, streams: new StreamAges() });
    session.once("close", () => sessions.delete(session));
    // close() would wait for open streams, which is what an idle client holds on to.
    session.setTimeout(connectionLimits.idleTimeoutMs, () => session.destroy());
    session.on("error", () => session.destroy());
    limitPings(session);
  });
  server.on("stream", (stream, headers, flags, rawHeaders) => {
    stream.on("error", () => {
      // The caller reset the stream: the exchange sees it as gone.
    });
    const session = stream.session && sessions.get(stream.session);
    // It has closed meanwhile: nothing can be answered.
    const { peerAddress, room } = session ?? { peerAddress: "", room: options.untaken.roomOf("") };
    session?.streams.enter(stream);
    const exchange = new Http2Exchange(stream, headers, flags, { peerAddress, room });
    if (areTooLarge(rawHeaders)) refuseUnread(exchange, "HPE_HEADER_OVERFLOW", options.refuse);
    else run(exchange);
  });
  return server;
}

/** The limits of HTTP/1.1, for names and values in turn. */
function areTooLarge(rawHeaders: readonly string[]): boolean {
  let length = 0;
  for (let index = 0; index < rawHeaders.length; index += 1) length += rawHeaders[index]?.length ?? 0;
  return length > connectionLimits.maxHeaderBytes || rawHeaders.length > 2 * connectionLimits.maxHeaderPairs;
}

/** Node answers each PING and cuts a flood only when its answers are not read for long. */
function limitPings(session: Http2Session): void {
  let pings = 0;
  let periodStartedAt = performance.now();
  session.on("ping", () => {
    const now = performance.now();
    if (now - periodStartedAt > connectionLimits.pingPeriodMs) {
      periodStartedAt = now;
      pings = 0;
    }
    pings += 1;
    if (pings > connectionLimits.maxPings) session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });
}

/** Decides on the first bytes, as soon as they differ from the preface of HTTP/2. */
function sniff(dispatch: (socket: Socket, isHttp2: boolean) => void): Server {
  return createNetServer({ noDelay: true }, (socket) => {
    let seen = Buffer.alloc(0);
    const late = () => socket.destroy();
    const timer = setTimeout(late, connectionLimits.helloTimeoutMs);
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
    handshakeTimeout: connectionLimits.helloTimeoutMs,
  });
  server.on("secureConnection", (socket: TLSSocket) => dispatch(socket, socket.alpnProtocol === "h2"));
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return server;
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
