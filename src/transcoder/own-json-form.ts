import type { DescMessage } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";

const names: ReadonlySet<string> = new Set(
  ["Any", "Timestamp", "Duration", "FieldMask", "Struct", "Value", "ListValue"].map(
    (name) => `google.protobuf.${name}`,
  ),
);

/** Whether the JSON of a message is not an object of its fields, so that an Any holds it under `value`. */
export function hasOwnJsonForm(desc: DescMessage): boolean {
  return isWrapperDesc(desc) || names.has(desc.typeName);
}
