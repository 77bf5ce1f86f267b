import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import { serviceError } from "../errors.ts";
import { validateMessage } from "./validate-message.ts";

/** Refuses requests that break the contract's rules with `invalid_request`, whatever the protocol. */
export function createValidationInterceptor(): Interceptor {
  return (next) => (request) => {
    if (request.stream) {
      return next({ ...request, message: refuseInvalidOnes(request.method.input, request.message) });
    }
    refuseInvalid(request.method.input, request.message);
    return next(request);
  };
}

function refuseInvalid(schema: DescMessage, message: Message): void {
  const violations = validateMessage(schema, message);
  if (violations.length > 0) throw serviceError("invalid_request", { violations });
}

async function* refuseInvalidOnes(
  schema: DescMessage,
  messages: AsyncIterable<Message>,
): AsyncIterable<Message> {
  for await (const message of messages) {
    refuseInvalid(schema, message);
    yield message;
  }
}
