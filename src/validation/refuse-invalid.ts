import type { DescMessage, Message } from "@bufbuild/protobuf";
import { type FieldViolation, serviceError } from "../errors.ts";
import { validateMessage } from "./validate-message.ts";

/**
 * What a contract says of a request's fields together and its rules cannot: given the message and whether a field, by
 * its name in the contract, breaks no rule by itself.
 */
export type CrossCheck = (message: Message, isGood: (field: string) => boolean) => readonly FieldViolation[];

/**
 * Refuses a request that breaks the contract's rules. Errors: `invalid_request`, one violation for each bad field: all
 * that is wrong is told at once.
 */
export function refuseInvalid(schema: DescMessage, message: Message, crossCheck?: CrossCheck): void {
  const alone = validateMessage(schema, message);
  const together = crossCheck === undefined ? [] : crossCheck(message, goodFields(alone));
  if (alone.length + together.length === 0) return;
  throw serviceError("invalid_request", { violations: [...alone, ...together] });
}

function goodFields(violations: readonly FieldViolation[]): (field: string) => boolean {
  if (violations.length === 0) return () => true;
  const bad = new Set(violations.map(({ field }) => field.replace(/[[.].*$/, "")));
  return (field) => !bad.has(field);
}
