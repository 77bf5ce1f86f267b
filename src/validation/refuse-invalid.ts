import type { DescMessage, Message } from "@bufbuild/protobuf";
import { serviceError } from "../errors.ts";
import { validateMessage } from "./validate-message.ts";

/** Refuses a request that breaks the contract's rules. Errors: `invalid_request`, one violation for each bad field. */
export function refuseInvalid(schema: DescMessage, message: Message): void {
  const violations = validateMessage(schema, message);
  if (violations.length > 0) throw serviceError("invalid_request", { violations });
}
