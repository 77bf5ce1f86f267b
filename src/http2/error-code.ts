/** Why a stream or a connection ends (RFC 9113, 7). */
export const errorCode = {
  noError: 0x0,
  protocolError: 0x1,
  internalError: 0x2,
  flowControlError: 0x3,
  streamClosed: 0x5,
  frameSizeError: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  compressionError: 0x9,
  enhanceYourCalm: 0xb,
} as const;

export type ErrorCode = (typeof errorCode)[keyof typeof errorCode];

/** The peer broke a rule after which nothing on the connection can be trusted (RFC 9113, 5.4.1): it ends. */
export class ConnectionFault extends Error {
  override readonly name = "ConnectionFault";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
