// Frames of HTTP/2 as bytes (RFC 9113, 4.1), for what no client library would send.
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export const frameType = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, continuation: 9 } as const;
export const endHeaders = 0x4;

export function frame(
  type: number,
  streamId: number,
  payload: Uint8Array = Buffer.alloc(0),
  flags = 0,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.byteLength, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** Header fields, each a literal without indexing and without Huffman coding (RFC 7541, 6.2.2). */
export function fields(headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => [
      Buffer.from([0]),
      ...[name, value].flatMap((text) => [Buffer.from([text.length]), Buffer.from(text, "latin1")]),
    ]),
  );
}

/** What a connection starts with. */
export const opening = Buffer.concat([preface, frame(frameType.settings, 0)]);
