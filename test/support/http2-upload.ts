// Bodies of requests as the server's windows let them through (RFC 9113, 6.9), on one connection.
import {
  dataFrame,
  defaultWindow,
  endStream,
  type Frame,
  frameType,
  pad,
  padded,
  setting,
} from "./http2-frames.ts";
import type { Http2Peer } from "./http2-peer.ts";

export interface UploadOptions {
  /** Octets of the body in each frame. */
  readonly frameSize?: number;
  /** Octets of padding in each frame; it counts like the body. */
  readonly padding?: number;
  /** Whether the last frame ends the stream; it does unless told otherwise. */
  readonly ends?: boolean;
  /** What makes the rest needless. */
  readonly isEnough?: () => boolean;
}

export class Uploads {
  readonly #peer: Http2Peer;
  /** Octets sent on each stream, and on the connection (0). */
  readonly #sent = new Map<number, number>();

  constructor(peer: Http2Peer) {
    this.#peer = peer;
  }

  async send(streamId: number, body: Buffer, options: UploadOptions = {}): Promise<void> {
    const { frameSize = 16_000, padding, ends = true, isEnough = () => false } = options;
    for (let start = 0; start < body.length; start += frameSize) {
      const part = body.subarray(start, start + frameSize);
      const payload = padding === undefined ? part : pad(part, padding);
      const may = () => isEnough() || [0, streamId].every((id) => this.#left(id) >= payload.length);
      // Another upload may have waited for the same octets.
      do await this.#peer.until(may, `a window of ${payload.length} for stream ${streamId}, at ${start}`);
      while (!may());
      if (isEnough()) return;
      const last = ends && start + frameSize >= body.length ? endStream : 0;
      this.#peer.send(dataFrame(streamId, payload, last | (padding === undefined ? 0 : padded)));
      for (const id of [0, streamId]) this.#sent.set(id, (this.#sent.get(id) ?? 0) + payload.length);
    }
  }

  #left(streamId: number): number {
    const updates = this.#peer.frames.filter(
      (one) => one.type === frameType.windowUpdate && one.streamId === streamId,
    );
    const given = updates.reduce((sum, { payload }) => sum + payload.readUInt32BE(), 0);
    const initial = streamId === 0 ? defaultWindow : initialWindowOf(this.#peer.frames[0]);
    return initial + given - (this.#sent.get(streamId) ?? 0);
  }
}

/** Of a server's streams, from its SETTINGS. */
function initialWindowOf(settings: Frame | undefined): number {
  const { payload } = settings ?? { payload: Buffer.alloc(0) };
  for (let at = 0; at + 6 <= payload.length; at += 6) {
    if (payload.readUInt16BE(at) === setting.initialWindowSize) return payload.readUInt32BE(at + 2);
  }
  return defaultWindow;
}
