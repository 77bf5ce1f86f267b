// Errors that callers can read: each is a row of the one table.
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import { type ErrorId, type ErrorRow, errorTable } from "./error-table.ts";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.ts";

export {
  type ErrorId,
  type ErrorRow,
  errorTable,
  type Outcome,
  type PublicRow,
  publicRow,
} from "./error-table.ts";

/** One bad field of a request. */
export interface FieldViolation {
  /** Path of the field, as the contract names it (`birth_date`, `given_names[1]`). */
  readonly field: string;
  readonly description: string;
  /** Identifier of the broken rule, e.g. `string.siret`. */
  readonly rule?: string;
}

export interface ServiceErrorOptions {
  readonly violations?: readonly FieldViolation[];
  /** Milliseconds after which the same call can succeed. */
  readonly retryAfterMs?: number;
  /** A sentence that is added to the row's message. It must hold no personal data. */
  readonly hint?: string;
  /** Facts for programs, sent as `google.rpc.ErrorInfo` metadata. They must hold no personal data. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Kept for the log, never sent. */
  readonly cause?: unknown;
}

/** An error of the table, ready to be sent on any surface. */
export class ServiceError extends ConnectError {
  readonly id: ErrorId;
  readonly row: ErrorRow;
  readonly options: ServiceErrorOptions;

  constructor(id: ErrorId, options: ServiceErrorOptions = {}) {
    const row = errorTable[id];
    const message = options.hint === undefined ? row.message : `${row.message} ${options.hint}`;
    super(message, row.rpc, undefined, describe(id, options), options.cause);
    this.id = id;
    this.row = row;
    this.options = options;
  }

  // ConnectError tells its instances by their name and shape, so that ours keep its name and are told by their row.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && "row" in value && "options" in value;
  }
}

/** Makes an error of the table. */
export function serviceError(id: ErrorId, options?: ServiceErrorOptions): ServiceError {
  return new ServiceError(id, options);
}

/** Domain of our `google.rpc.ErrorInfo` reasons, which are the upper-cased identifiers of the table. */
export const errorDomain = "statutetudiant";

function describe(id: ErrorId, options: ServiceErrorOptions): ConstructorParameters<typeof ConnectError>[3] {
  const details: NonNullable<ConstructorParameters<typeof ConnectError>[3]> = [
    {
      desc: ErrorInfoSchema,
      value: { reason: id.toUpperCase(), domain: errorDomain, metadata: { ...options.metadata } },
    },
  ];
  if (options.violations !== undefined) {
    const fieldViolations = options.violations.map(({ field, description, rule = "" }) => ({
      field,
      description,
      reason: rule,
    }));
    details.push({ desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations }) });
  }
  if (options.retryAfterMs !== undefined) {
    const retryDelay = durationFromMs(Math.ceil(options.retryAfterMs));
    details.push({ desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay }) });
  }
  return details;
}
