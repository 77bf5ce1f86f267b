// What goes in and out of a transcoder, for a host that owns the connection.
import type { ConnectError, ContextValues } from "@connectrpc/connect";
import type { Binding } from "./binding.ts";

/** Request headers as node gives them: lower-case names. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Response headers: lower-case names. */
export type ResponseHeaders = Record<string, string | string[]>;

export interface TranscoderRequest {
  readonly httpMethod: string;
  /** The request target as received. */
  readonly target: string;
  readonly headers: RequestHeaders;
  /** Undefined when the request has no body. A stream is read at most once, and not at all when the call is refused. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** Aborts when the caller leaves. Read only when something waits for it, so that a host can make it on first use. */
  readonly signal: AbortSignal;
  /** Whether the request came over TLS; only `HandlerContext.url` tells. */
  readonly secure?: boolean | undefined;
  readonly contextValues?: ContextValues | undefined;
  /** What `match` gave for this method and target, to spare a second search. */
  readonly match?: Match | undefined;
}

export interface TranscoderResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** Whole for everything but an answer that streams. Empty for HEAD, whose `content-length` stands in the headers. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  /** Trailers of a stream, complete once its body has ended. */
  readonly trailers?: (() => ResponseHeaders) | undefined;
  /** What went wrong before anything was released. */
  readonly error?: ConnectError | undefined;
  /** The binding that was called, if one matched. */
  readonly binding?: Binding | undefined;
}

export type Match =
  | {
      readonly kind: "found";
      readonly binding: Binding /** Path segments as received. */;
      readonly segments: readonly string[];
    }
  | { readonly kind: "method" /** Methods for `Allow`. */; readonly allow: readonly string[] }
  | { readonly kind: "none" };

/** An error as a host wants it sent. */
export interface EncodedError {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<ResponseHeaders> | undefined;
}
