import type { ConnectError } from "@connectrpc/connect";
import { type ErrorId, type ServiceError, serviceError } from "../errors.ts";
import { TranscodingError, type TranscodingReason } from "../transcoder/transcoding-error.ts";
import { inFrench } from "./french-problem.ts";

const rowByReason: Readonly<Record<TranscodingReason, ErrorId>> = {
  route_not_found: "route_unknown",
  method_not_allowed: "method_not_allowed",
  not_acceptable: "not_acceptable",
  request_too_large: "request_too_large",
  unsupported_media_type: "media_type_unsupported",
  unsupported_encoding: "media_type_unsupported",
  invalid_path: "unreadable_request",
  invalid_query: "invalid_request",
  invalid_body: "unreadable_request",
  unexpected_body: "unreadable_request",
  invalid_timeout: "invalid_request",
};

/** What the transcoder refuses, as a row of our table. */
export function toServiceError(error: ConnectError): ConnectError | ServiceError {
  if (!(error instanceof TranscodingError)) return error;
  const { reason, fieldPath, description } = error;
  if (fieldPath === undefined) return serviceError(rowByReason[reason], { cause: error });
  const violation = { field: fieldPath, description: inFrench(description) ?? "N'est pas valide." };
  return serviceError("invalid_request", { violations: [violation], cause: error });
}
