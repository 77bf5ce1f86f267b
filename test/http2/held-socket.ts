// A connection without a network: the client takes what is written when the test says so.

import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { systemClock } from "../../src/clock.ts";
import type { AnswerRoom } from "../../src/http2/held-answers.ts";
import { Http2Connection } from "../../src/http2/http2-connection.ts";
import type { Http2Stream } from "../../src/http2/http2-stream.ts";
import { endHeaders, fields, frame, frameType, opening } from "../support/http2-frames.ts";
import { rethrow } from "../support/rethrow.ts";
import { anyRoom, echoLimits } from "./echo-server.ts";

export class HeldSocket extends Duplex {
  readonly remoteAddress = "192.0.2.1";
  readonly written: Buffer[] = [];
  /** Takes the write under way, and those that follow until it is held again. */
  isHeld = false;
  #taken: (() => void) | undefined;

  override _read(): void {
    // The test pushes.
  }

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.written.push(bytes);
    if (this.isHeld) this.#taken = done;
    else done();
  }

  letGo(): void {
    this.isHeld = false;
    this.#taken?.();
  }

  destroySoon(): void {
    this.end(() => this.destroy());
  }
}

/** A connection whose preface has been read, and what its streams are given to. */
export function connectHeld(
  onStream: (stream: Http2Stream) => void,
  settings?: Buffer,
  room: AnswerRoom = anyRoom,
) {
  const socket = new HeldSocket();
  const connection = new Http2Connection(socket as unknown as Socket, {
    limits: echoLimits,
    room,
    monotonic: systemClock.monotonic,
    onStream,
    onClose: () => undefined,
    onError: rethrow,
  });
  socket.push(opening);
  if (settings !== undefined) socket.push(settings);
  return { socket, connection };
}

const head = { ":method": "POST", ":scheme": "http", ":authority": "a", ":path": "/whole" };

export function request(streamId: number, flags: number): Buffer {
  return frame(frameType.headers, streamId, fields(head), endHeaders | flags);
}

/** Until all that is planned for this turn and the next ones has been done. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
