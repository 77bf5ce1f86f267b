import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema } from "../gen/google/rpc/error_details_pb.ts";

/** What the transcoder itself refuses: reason → HTTP status and RPC code. */
export const transcodingReasons = {
  route_not_found: { httpStatus: 404, code: Code.NotFound },
  method_not_allowed: { httpStatus: 405, code: Code.Unimplemented },
  not_acceptable: { httpStatus: 406, code: Code.InvalidArgument },
  request_too_large: { httpStatus: 413, code: Code.ResourceExhausted },
  unsupported_media_type: { httpStatus: 415, code: Code.InvalidArgument },
  unsupported_encoding: { httpStatus: 415, code: Code.InvalidArgument },
  invalid_path: { httpStatus: 400, code: Code.InvalidArgument },
  invalid_query: { httpStatus: 400, code: Code.InvalidArgument },
  invalid_body: { httpStatus: 400, code: Code.InvalidArgument },
  unexpected_body: { httpStatus: 400, code: Code.InvalidArgument },
  invalid_timeout: { httpStatus: 400, code: Code.InvalidArgument },
} as const;

export type TranscodingReason = keyof typeof transcodingReasons;

interface TranscodingErrorOptions {
  /** Field that is wrong, as the contract names it: `book.tags[1]`. */
  readonly fieldPath?: string | undefined;
  /** Response headers that the status demands, e.g. `allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Kept for the log, never sent. */
  readonly cause?: unknown;
}

/** A request that cannot become a call. Its texts never hold a value that the caller sent. */
export class TranscodingError extends ConnectError {
  readonly reason: TranscodingReason;
  readonly httpStatus: number;
  readonly fieldPath: string | undefined;
  readonly description: string;

  constructor(reason: TranscodingReason, description: string, options: TranscodingErrorOptions = {}) {
    const { httpStatus, code } = transcodingReasons[reason];
    const { fieldPath } = options;
    const message = fieldPath === undefined ? description : `${fieldPath}: ${description}`;
    const details =
      fieldPath === undefined
        ? undefined
        : [{ desc: BadRequestSchema, value: { fieldViolations: [{ field: fieldPath, description }] } }];
    super(message, code, options.headers, details, options.cause);
    this.reason = reason;
    this.httpStatus = httpStatus;
    this.fieldPath = fieldPath;
    this.description = description;
  }

  // ConnectError recognises its kind by its name, which therefore stays "ConnectError", and hands that test down.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Object.prototype.isPrototypeOf.call(TranscodingError.prototype, value as object);
  }
}

/** A query parameter that has no value for its field. */
export function invalidQuery(fieldPath: string, description: string): TranscodingError {
  return new TranscodingError("invalid_query", description, { fieldPath });
}

/** A body that has no value for its field; no field path when the body as a whole is unreadable. */
export function invalidBody(
  fieldPath: string | undefined,
  description: string,
  cause?: unknown,
): TranscodingError {
  return new TranscodingError("invalid_body", description, { fieldPath, cause });
}
