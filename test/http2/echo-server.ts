// A server of nothing but our HTTP/2: it answers each request with its own headers and body.

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { systemClock } from "../../src/clock.ts";
import type { AnswerRoom } from "../../src/http2/held-answers.ts";
import { Http2Connection, type Http2Limits } from "../../src/http2/http2-connection.ts";
import type { Http2Stream } from "../../src/http2/http2-stream.ts";
import { rethrow } from "../support/rethrow.ts";

export const echoLimits: Http2Limits = {
  maxConcurrentStreams: 100,
  maxHeaderPairs: 1000,
  maxHeaderBytes: 65_536,
  resetBurst: 200,
  resetsPerSecond: 33,
  pingBurst: 1000,
  pingsPerSecond: 100,
  maxDiscardedBytes: 1_048_576,
  maxDiscardedMs: 2000,
  maxStalledMs: 60_000,
  headersTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
};

/** For answers that a client does not take: all that is asked for. */
export const anyRoom: AnswerRoom = { enter: () => true, leave: () => {} };

export interface EchoServer extends AsyncDisposable {
  readonly port: number;
  /** Connections that are open. */
  readonly open: ReadonlySet<Http2Connection>;
}

export async function startEcho(change: Partial<Http2Limits> = {}): Promise<EchoServer> {
  const open = new Set<Http2Connection>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    const connection = new Http2Connection(socket, {
      limits: { ...echoLimits, ...change },
      room: anyRoom,
      monotonic: systemClock.monotonic,
      onStream: (stream) => void echo(stream),
      onClose: () => open.delete(connection),
      onError: rethrow,
    });
    open.add(connection);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    open,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** The path tells how: `/whole` or `/pieces`. */
async function echo(stream: Http2Stream): Promise<void> {
  const { ":path": path, ...headers } = stream.head.request.headers;
  const fields = Object.entries(headers).filter(([name]) => !name.startsWith(":"));
  const answer = { ":status": "200", ...(Object.fromEntries(fields) as Record<string, string>) };
  try {
    if (path === "/whole") {
      const body = stream.takeBody() ?? (await collect(stream));
      stream.answer({ headers: answer, body, trailers: { "x-length": String(body.byteLength) } });
      return;
    }
    stream.begin(answer);
    if (!stream.isWithoutBody) for await (const piece of stream.source) await stream.write(piece);
    stream.end(undefined);
  } catch {
    // The client left in the middle.
  }
}

async function collect(stream: Http2Stream): Promise<Buffer> {
  return stream.isWithoutBody ? Buffer.alloc(0) : Buffer.concat(await stream.source.toArray());
}
