// One HTTP request and the place for its answer, the same over HTTP/1.1 and HTTP/2.
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Awaitable } from "../awaitable.ts";
import { serviceError } from "../errors.ts";
import { BodyPieces } from "../http2/body-pieces.ts";
import type { Reply } from "./reply.ts";

/** What a request asks for, as far as its head tells. */
export interface Asked {
  readonly method: string;
  /** The request target as received, never rewritten, but that bytes beyond ASCII are percent-encoded. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Exchange extends Asked {
  readonly httpVersion: "1.0" | "1.1" | "2.0";
  /** Address of the peer of the connection, before any proxy header. */
  readonly peerAddress: string;
  /** The stream that the body arrives on; undefined when the request has none. */
  readonly source: Readable | undefined;
  /** The whole body, when it arrived with the request; what `source` gives is the same. */
  readonly body?: Uint8Array | undefined;
  /** Aborts when the caller leaves or the exchange takes too long. Made on first use. */
  readonly signal: AbortSignal;
  /** Whether the caller has left. */
  readonly gone: boolean;
  /** Whether the method streams, so that the exchange may last. */
  streaming: boolean;
  /** Sends the answer: a stream as it comes, all else at once. A caller who left gets nothing. */
  send(reply: Reply): Awaitable<void>;
  /** Cuts the connection or the stream. Over HTTP/2 a flood learns so: gRPC's clients read RESOURCE_EXHAUSTED. */
  destroy(reason?: "flood"): void;
}

/**
 * Reads a whole body of at most `maxBytes` bytes. Errors: `request_too_large`, which a declared length gets at once,
 * and `cancelled` when the caller leaves in the middle.
 */
export function readBody(exchange: Exchange, maxBytes: number): Awaitable<Uint8Array> {
  const declared = Number(exchange.headers["content-length"] ?? 0);
  const { body } = exchange;
  // A length that is not declared is only known now.
  if (declared > maxBytes || (body !== undefined && body.byteLength > maxBytes)) {
    throw serviceError("request_too_large", { hint: tooLarge(maxBytes) });
  }
  if (body !== undefined) return body;
  const { source } = exchange;
  // An empty one ends by itself when nobody listens yet, over HTTP/2.
  return source === undefined || source.readableEnded ? noBytes : collect(source, maxBytes);
}

const noBytes = new Uint8Array(0);

/** The body as it arrives, for methods that stream. */
export async function* streamBody({ source }: Exchange): AsyncIterable<Uint8Array> {
  // Whoever stops reading still has to answer: the default would destroy the stream.
  if (source !== undefined) yield* source.iterator({ destroyOnReturn: false });
}

/**
 * Collects by events: an iterator over the stream costs more than all the rest of a small body. The listeners stay: what
 * is settled stays so, and taking them off would cost more than leaving them.
 */
function collect(source: Readable, maxBytes: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const pieces = new BodyPieces();
  let length = 0;
  const onClose = () => {
    if (!source.readableEnded) reject(serviceError("cancelled"));
  };
  source.on("data", (chunk: Uint8Array) => {
    // Too large already: what still arrives flows by and is thrown away.
    if (length > maxBytes) return;
    length += chunk.byteLength;
    if (length <= maxBytes) {
      pieces.add(chunk);
      return;
    }
    pieces.clear();
    reject(serviceError("request_too_large", { hint: tooLarge(maxBytes) }));
  });
  source.on("end", () => {
    resolve(pieces.join());
  });
  source.on("close", onClose);
  source.on("error", (cause: Error) => reject(serviceError("cancelled", { cause })));
  if (source.destroyed) onClose();
  return promise;
}

function tooLarge(maxBytes: number): string {
  return `La limite est de ${maxBytes} octets.`;
}
