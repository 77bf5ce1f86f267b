import type { DescMessage, Message } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { serviceError } from "../errors.ts";
import { messageFromJson } from "../transcoder/json-message.ts";
import { parseJson } from "../transcoder/json-text.ts";
import { toServiceError } from "./transcoding-problem.ts";

const nothing = new Uint8Array(Buffer.from("{}"));

/**
 * Reads a request message from JSON as strictly as REST does: UTF-8, no key twice, bounded depth, no unknown field.
 * Connect takes an empty body for an empty message. Errors: `invalid_request` names the field, `unreadable_request`.
 */
export function readJson(schema: DescMessage, body: Uint8Array): Message {
  try {
    return messageFromJson(schema, parseJson(body.byteLength === 0 ? nothing : body), {});
  } catch (cause) {
    throw cause instanceof ConnectError || isTranscoding(cause)
      ? toServiceError(cause as ConnectError)
      : serviceError("unreadable_request", { cause });
  }
}

function isTranscoding(error: unknown): boolean {
  return error instanceof Error && error.name === "TranscodingError";
}
