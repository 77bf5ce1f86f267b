// One HTTP request and the place for its answer, the same over HTTP/1.1 and HTTP/2.
import type { IncomingHttpHeaders } from "node:http";
import { serviceError } from "../errors.ts";
import type { Reply } from "./reply.ts";

export interface Exchange {
  readonly httpVersion: "1.0" | "1.1" | "2.0";
  readonly method: string;
  /** The request target as received, never rewritten. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Address of the peer of the connection, before any proxy header. */
  readonly peerAddress: string;
  /** The body as it arrives; undefined when the request has none. */
  readonly body: AsyncIterable<Uint8Array> | undefined;
  /** Aborts when the caller leaves or the exchange takes too long. Made on first use. */
  readonly signal: AbortSignal;
  /** Whether the caller has left. */
  readonly gone: boolean;
  /** Whether the method streams, so that the exchange may last. */
  streaming: boolean;
  /** Sends the answer. It never throws: a caller who left gets nothing. Resolves with the bytes of the body. */
  send(reply: Reply): Promise<number>;
  /** Cuts the connection or the stream. */
  destroy(): void;
}

/**
 * Reads a whole body of at most `maxBytes` bytes. Errors: `request_too_large`, which a declared length gets at once,
 * and `cancelled` when the caller leaves in the middle.
 */
export async function readBody(exchange: Exchange, maxBytes: number): Promise<Uint8Array> {
  const declared = Number(exchange.headers["content-length"] ?? 0);
  if (declared > maxBytes) throw serviceError("request_too_large", { hint: tooLarge(maxBytes) });
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of exchange.body ?? []) {
      length += chunk.byteLength;
      if (length > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw serviceError("cancelled", { cause });
  }
  if (length > maxBytes) throw serviceError("request_too_large", { hint: tooLarge(maxBytes) });
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length);
}

function tooLarge(maxBytes: number): string {
  return `La limite est de ${maxBytes} octets.`;
}
