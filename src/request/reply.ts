import type { ConnectError } from "@connectrpc/connect";

/** Headers or trailers of an answer, names in lower case. */
export type ReplyHeaders = Record<string, string | string[]>;

/** An answer that is ready but not released: the journal comes first. */
export interface Reply {
  readonly status: number;
  /** The answer's own object: the pipeline adds to it. */
  readonly headers: ReplyHeaders;
  /** Whole for a unary method; a stream is released as it comes. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** HTTP trailers; a stream's are complete once its body has ended. */
  readonly trailers: ReplyHeaders | (() => ReplyHeaders) | undefined;
  /** What went wrong, as the caller reads it. */
  readonly error: ConnectError | undefined;
}

/** Whether the body must be released piece by piece. */
export function isStream(body: Reply["body"]): body is AsyncIterable<Uint8Array> {
  return body !== undefined && !(body instanceof Uint8Array);
}
