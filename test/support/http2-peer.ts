// A client of HTTP/2 that sends what it is told to, and keeps what comes back. It sends nothing by itself once the
// settings of both are agreed: no acknowledgement, and no window.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type Field, HpackDecoder } from "./hpack.ts";
import {
  ack,
  type ErrorCode,
  endHeaders,
  endStream,
  errorCodes,
  type Frame,
  frame,
  frameType,
  preface,
  readFrame,
  setting,
  settingsFrame,
} from "./http2-frames.ts";

/** Far from what a slow machine takes: it catches what hangs. */
const hangMs = 60_000;
const connectionFields = /^(?:connection|proxy-connection|keep-alive|transfer-encoding|upgrade)$/;

/** What came on one stream. */
export interface Answer {
  /** Of the final answer; 0 before it. */
  status: number;
  fields: readonly Field[];
  body: Buffer;
  trailers: readonly Field[];
  ended: boolean;
  reset: ErrorCode | undefined;
}

export class Http2Peer implements Disposable {
  readonly frames: Frame[] = [];
  closed = false;
  readonly #socket: Socket;
  readonly #decoder = new HpackDecoder();
  readonly #answers = new Map<number, Answer>();
  #received: Buffer = Buffer.alloc(0);
  #block: { readonly streamId: number; readonly flags: number; payload: Buffer } | undefined;
  #failure: unknown;
  #wake = Promise.withResolvers<void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    // A reset is an end like any other.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
      this.#notify();
    });
  }

  /** Connects, with TLS when there is a certificate to trust, and sends nothing. */
  static async dial(port: number, ca?: string): Promise<Http2Peer> {
    const to = { port, host: "127.0.0.1", noDelay: true };
    const socket = ca === undefined ? connect(to) : connectTls({ ...to, ca, ALPNProtocols: ["h2"] });
    const peer = new Http2Peer(socket);
    await once(socket, ca === undefined ? "connect" : "secureConnect");
    return peer;
  }

  /** Connects in cleartext, and waits until each has acknowledged the other's settings. */
  static async open(port: number, ...settings: readonly (readonly [number, number])[]): Promise<Http2Peer> {
    const peer = await Http2Peer.dial(port);
    await peer.agree(...settings);
    return peer;
  }

  /** Begins, and waits until each has acknowledged the other's settings. */
  async agree(...settings: readonly (readonly [number, number])[]): Promise<void> {
    this.send(preface, settingsFrame(...settings));
    await this.settled(1);
    const size = settings.find(([id]) => id === setting.headerTableSize)?.[1];
    if (size !== undefined) this.allowTable(size);
    this.send(frame(frameType.settings, 0, undefined, ack));
  }

  /** Sends all pieces in one write, so in one segment when they fit. */
  send(...pieces: readonly Uint8Array[]): void {
    this.#socket.write(Buffer.concat(pieces));
  }

  /** Sends each octet by itself, as far as the network lets it. */
  async sendInOctets(bytes: Uint8Array): Promise<void> {
    for (const octet of bytes) {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      this.#socket.write(Buffer.from([octet]), resolve);
      await promise;
    }
  }

  /** Waits until the server has acknowledged that many SETTINGS. */
  async settled(count: number): Promise<void> {
    await this.until(() => this.count(frameType.settings, ack) >= count, `${count} SETTINGS acknowledged`);
  }

  /** The server's encoder may use a table of this size, and it has acknowledged that. */
  allowTable(size: number): void {
    this.#decoder.allow(size);
  }

  /** How many frames of a type came, with these flags. */
  count(type: number, flags = 0): number {
    return this.frames.filter((one) => one.type === type && (one.flags & flags) === flags).length;
  }

  answer(streamId: number): Answer {
    const known = this.#answers.get(streamId);
    if (known !== undefined) return known;
    const answer: Answer = {
      ...{ status: 0, fields: [], body: Buffer.alloc(0), trailers: [], ended: false, reset: undefined },
    };
    this.#answers.set(streamId, answer);
    return answer;
  }

  /** The last stream that the last GOAWAY lets live. */
  get lastServed(): number | undefined {
    return this.frames.findLast(({ type }) => type === frameType.goaway)?.payload.readUInt32BE();
  }

  /** The code of the last GOAWAY. */
  get goaway(): ErrorCode | undefined {
    const last = this.frames.findLast(({ type }) => type === frameType.goaway);
    return last && codeOf(last.payload.readUInt32BE(4));
  }

  /** Waits until it holds; fails when the connection closes before, or when nothing comes of it. */
  async until(holds: () => unknown, what: string): Promise<void> {
    const deadline = AbortSignal.timeout(hangMs);
    const late = once(deadline, "abort");
    while (!holds()) {
      if (this.#failure !== undefined) throw this.#failure;
      assert.ok(!this.closed, `closed before: ${what}; received ${this}`);
      assert.ok(!deadline.aborted, `never: ${what}; received ${this}`);
      await Promise.race([this.#wake.promise, late]);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async untilAnswered(streamId: number): Promise<Answer> {
    const answer = this.answer(streamId);
    await this.until(() => answer.ended, `an answer on stream ${streamId}`);
    return answer;
  }

  /** Waits until a stream has its answer, or its reset. */
  async untilOver(streamId: number): Promise<Answer> {
    const answer = this.answer(streamId);
    await this.until(() => answer.ended || answer.reset !== undefined, `the end of stream ${streamId}`);
    return answer;
  }

  async untilReset(streamId: number): Promise<ErrorCode | undefined> {
    const answer = this.answer(streamId);
    await this.until(() => answer.reset !== undefined, `a reset of stream ${streamId}`);
    return answer.reset;
  }

  async untilClosed(): Promise<void> {
    await this.until(() => this.closed, "the end of the connection");
  }

  /** Waits until the server has read all that was sent before. */
  async ping(): Promise<void> {
    const count = this.count(frameType.ping, ack);
    this.send(frame(frameType.ping, 0, Buffer.alloc(8)));
    await this.until(() => this.count(frameType.ping, ack) > count, "an answer to PING");
  }

  /** What came, in short. */
  toString(): string {
    const names = Object.keys(frameType);
    return `[${this.frames
      .map(({ type, flags, streamId, payload }) => {
        const code =
          type === frameType.goaway
            ? payload.readUInt32BE(4)
            : type === frameType.reset
              ? payload.readUInt32BE()
              : 0;
        return `${names[type]} ${streamId} flags ${flags} (${payload.length}) ${codeOf(code)}`;
      })
      .join(", ")}]`;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  #read(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    try {
      for (let next = readFrame(this.#received); next !== undefined; next = readFrame(this.#received)) {
        this.#received = next.rest;
        this.frames.push(next.frame);
        this.#take(next.frame);
      }
    } catch (failure) {
      this.#failure ??= failure;
    }
    this.#notify();
  }

  #take({ type, flags, streamId, payload }: Frame): void {
    if (this.frames.length === 1) assert.equal(type, frameType.settings, "the first frame is SETTINGS (3.4)");
    const expected =
      this.#block === undefined ? type !== frameType.continuation : type === frameType.continuation;
    assert.ok(expected, `header blocks are whole: ${this}`);
    if (type === frameType.reset) this.answer(streamId).reset ??= codeOf(payload.readUInt32BE());
    else if (type === frameType.data) this.#takeData(streamId, flags, payload);
    else if (type === frameType.headers) {
      assert.equal(flags & ~(endHeaders | endStream), 0, "HEADERS without padding");
      this.#block = { streamId, flags, payload };
    } else if (type === frameType.continuation && this.#block !== undefined) {
      this.#block.payload = Buffer.concat([this.#block.payload, payload]);
    }
    if (this.#block !== undefined && (flags & endHeaders) !== 0) this.#takeBlock(this.#block);
  }

  #takeData(streamId: number, flags: number, payload: Buffer): void {
    const answer = this.answer(streamId);
    assert.ok(answer.status !== 0 && !answer.ended, `DATA within an answer: ${this}`);
    answer.body = Buffer.concat([answer.body, payload]);
    answer.ended = (flags & endStream) !== 0;
  }

  #takeBlock({ streamId, flags, payload }: { streamId: number; flags: number; payload: Buffer }): void {
    this.#block = undefined;
    const fields = this.#decoder.decode(payload);
    const answer = this.answer(streamId);
    assert.ok(!answer.ended, `nothing behind the end of stream ${streamId}: ${this}`);
    for (const [name] of fields)
      assert.doesNotMatch(name, connectionFields, "no connection-specific fields (8.2.2)");
    assert.ok(
      fields.every(([name]) => name === name.toLowerCase()),
      "names are in lower case (8.2)",
    );
    const ended = (flags & endStream) !== 0;
    if (answer.status !== 0) {
      assert.ok(ended && fields.every(([name]) => !name.startsWith(":")), "trailers are trailers (8.1)");
      answer.trailers = fields;
    } else {
      const status = statusOf(fields);
      if (status < 200) return;
      answer.status = status;
      answer.fields = fields;
    }
    answer.ended = ended;
  }
}

/** Of an answer, whose one pseudo-header field stands first. */
function statusOf(fields: readonly Field[]): number {
  const pseudo = fields.map(([name]) => name.startsWith(":"));
  assert.ok(
    fields[0]?.[0] === ":status" && pseudo.lastIndexOf(true) === 0,
    ":status, once and first (8.3.2)",
  );
  return Number(fields[0][1]);
}

function codeOf(code: number): ErrorCode {
  return errorCodes[code] ?? assert.fail(`an unknown error code ${code}`);
}
