import { Code, type ConnectError } from "@connectrpc/connect";
import { type ErrorId, errorTable, type PublicRow, publicRow, ServiceError } from "../errors.ts";

/** Rows of the errors that the framework makes itself, by their code; any other is `internal`. */
const rowByCode: Readonly<Partial<Record<Code, ErrorId>>> = {
  [Code.Canceled]: "cancelled",
  [Code.DeadlineExceeded]: "deadline_exceeded",
  [Code.InvalidArgument]: "unreadable_request",
  [Code.NotFound]: "route_unknown",
  [Code.ResourceExhausted]: "request_too_large",
  [Code.Unavailable]: "shutting_down",
  [Code.Unimplemented]: "method_unknown",
};

/** The row of the table that an error is, as the public contracts word it. */
export function errorRow(error: ConnectError): PublicRow {
  return publicRow(
    error instanceof ServiceError ? error.row : errorTable[rowByCode[error.code] ?? "internal"],
  );
}

/** What is wrong, and what to do about it; of a student who was not found, only the words that the contract has. */
export function sentenceOf(error: ConnectError): string {
  const { message, outcome } = errorRow(error);
  const hint = error instanceof ServiceError ? error.options.hint : undefined;
  return hint === undefined || outcome === "not_found" ? message : `${message} ${hint}`;
}
