import { type DescMessage, isFieldSet, type Message } from "@bufbuild/protobuf";

/** Whether a message of rules sets no other field than these. Extensions are not fields: look at them apart. */
export function setsOnly(message: Message, schema: DescMessage, ...names: readonly string[]): boolean {
  return schema.fields.every((field) => names.includes(field.name) || !isFieldSet(message, field));
}
