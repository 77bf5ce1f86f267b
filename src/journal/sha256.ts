// SHA-256 and HMAC for the line, thrice each: `crypto.hash` into a text costs a third of a Hash object, or of a Buffer,
// which gets memory of its own outside the heap.
import { hash, type KeyObject } from "node:crypto";

const blockBytes = 64;

export function sha256(bytes: Uint8Array): Buffer {
  return Buffer.from(hash("sha256", bytes, "binary"), "latin1");
}

const scratch = Buffer.alloc(16_384);

/** Digest of the parts, then of a text in UTF-8. */
export function sha256OfText(parts: readonly Uint8Array[], text: string): Buffer {
  let used = 0;
  for (const part of parts) {
    scratch.set(part, used);
    used += part.length;
  }
  // A UTF-16 unit takes three bytes at most.
  if (used + text.length * 3 > scratch.length) {
    return sha256(Buffer.concat([scratch.subarray(0, used), Buffer.from(text, "utf8")]));
  }
  used += scratch.write(text, used, "utf8");
  return sha256(scratch.subarray(0, used));
}

/** HMAC-SHA-256 (RFC 2104) under one key of at most 64 bytes, whose pads are made once. */
export function createHmacSha256(key: KeyObject): (text: string) => Buffer {
  const bytes = Buffer.alloc(blockBytes);
  key.export().copy(bytes);
  const inner = Buffer.from(bytes.map((byte) => byte ^ 0x36));
  const outer = Buffer.alloc(blockBytes + 32);
  outer.set(bytes.map((byte) => byte ^ 0x5c));
  bytes.fill(0);
  return (text) => {
    outer.set(sha256OfText([inner], text), blockBytes);
    return sha256(outer);
  };
}
