// What each side tells the other about itself (RFC 9113, 6.5.2).
import { ConnectionFault, errorCode } from "./error-code.ts";
import { frame, frameType, max31, maxPayloadBytes } from "./frame.ts";

const identifier = {
  headerTableSize: 0x1,
  enablePush: 0x2,
  maxConcurrentStreams: 0x3,
  initialWindowSize: 0x4,
  maxFrameSize: 0x5,
  maxHeaderListSize: 0x6,
} as const;

const entryBytes = 6;

/** Window of a connection, and of a stream until settings say otherwise, in bytes. */
export const defaultWindowBytes = 65_535;

/** Ours: what is not here has its default. */
export function settingsFrame(maxConcurrentStreams: number, maxHeaderListBytes: number): Buffer {
  const payload = Buffer.alloc(2 * entryBytes);
  payload.writeUInt16BE(identifier.maxConcurrentStreams, 0);
  payload.writeUInt32BE(maxConcurrentStreams, 2);
  payload.writeUInt16BE(identifier.maxHeaderListSize, entryBytes);
  payload.writeUInt32BE(maxHeaderListBytes, entryBytes + 2);
  return frame(frameType.settings, 0, 0, payload);
}

/** What a peer says of itself that changes what we send. */
export interface PeerSettings {
  readonly headerTableBytes?: number;
  /** When it is said more than once: each value counts for a moment (RFC 7541, 4.2). */
  readonly leastHeaderTableBytes?: number;
  readonly initialWindowBytes?: number;
}

const largestFrameSize = 0xff_ffff;

/** Errors: a ConnectionFault for a value out of its range. Unknown settings are passed over (RFC 9113, 6.5.2). */
export function readSettings(payload: Buffer): PeerSettings {
  if (payload.byteLength % entryBytes !== 0) {
    throw new ConnectionFault(errorCode.frameSizeError, "SETTINGS of a length that is no multiple of 6");
  }
  let settings: PeerSettings = {};
  for (let at = 0; at < payload.byteLength; at += entryBytes) {
    const setting = readSetting(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    settings = { ...settings, ...setting, ...leastTable(settings, setting) };
  }
  return settings;
}

function leastTable({ leastHeaderTableBytes: least }: PeerSettings, next: PeerSettings): PeerSettings {
  const { headerTableBytes: bytes } = next;
  return bytes === undefined ? {} : { leastHeaderTableBytes: Math.min(least ?? bytes, bytes) };
}

function readSetting(name: number, value: number): PeerSettings {
  switch (name) {
    case identifier.headerTableSize:
      return { headerTableBytes: value };
    case identifier.enablePush:
      if (value > 1) throw new ConnectionFault(errorCode.protocolError, "ENABLE_PUSH is 0 or 1");
      return {};
    case identifier.initialWindowSize:
      if (value > max31) throw new ConnectionFault(errorCode.flowControlError, "INITIAL_WINDOW_SIZE");
      return { initialWindowBytes: value };
    case identifier.maxFrameSize:
      // We never send more than the least that may be said here.
      if (value >= maxPayloadBytes && value <= largestFrameSize) return {};
      throw new ConnectionFault(errorCode.protocolError, "MAX_FRAME_SIZE");
    default:
      return {};
  }
}
