// Both readers of HTTP/2 in front of a service that answers with what it was asked: what reaches a handler, and how.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { type Exchange, readBody } from "../../src/request/exchange.ts";
import type { Listener } from "../../src/request/listener.ts";
import { type BothReaders, listenWithBoth } from "./both-readers.ts";
import type { Answer } from "./http2-peer.ts";

export interface Echoed {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

async function echo(exchange: Exchange): Promise<void> {
  try {
    const { method, target, headers } = exchange;
    const received = Buffer.from(await readBody(exchange, 1_000_000));
    const body = Buffer.from(JSON.stringify({ method, target, headers, body: received.toString("latin1") }));
    await exchange.send({ status: 200, headers: {}, body, trailers: undefined, error: undefined });
  } catch {
    exchange.destroy();
  }
}

export function readEcho({ body }: Answer): Echoed {
  return JSON.parse(body.toString());
}

/** What the handler read; undefined when nothing reached it, since the request was malformed (RFC 9113, 8.1.1). */
export function readEchoOrRefusal(answer: Answer): Echoed | undefined {
  if (answer.status === 200) return readEcho(answer);
  assert.ok(answer.reset === "PROTOCOL_ERROR" || answer.status === 400, JSON.stringify(answer));
  return undefined;
}

/** Defines tests for each reader, in front of a handler of one's own or of the echo. */
export function onBothReaders(define: (listener: () => Listener) => void, handle = echo): void {
  let readers: BothReaders;
  before(async () => {
    readers = await listenWithBoth(handle);
  });
  after(() => readers[Symbol.asyncDispose]());
  describe("handlers behind Node's server", () => define(() => readers.node));
  describe("handlers behind our reader", () => define(() => readers.plain));
}
