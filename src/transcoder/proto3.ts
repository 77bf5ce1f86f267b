// What writers compiled from descriptors have to know of proto3.
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";

/** `EDITION_PROTO3` of google.protobuf.Edition, `IMPLICIT` of FeatureSet.FieldPresence. */
const proto3 = 999;
const implicitPresence = 2;

export function isProto3({ file }: DescMessage): boolean {
  return file.edition === proto3;
}

/** Some of these are no messages in memory: a wrapper is its value, a Struct a JSON object. */
export function isWellKnown({ typeName }: DescMessage): boolean {
  return typeName.startsWith("google.protobuf.");
}

/** The text or boolean with which a field is left out; none when the field tells whether it is there. */
export function zeroOf(field: DescField): "" | false | undefined {
  if (field.presence !== implicitPresence) return undefined;
  return field.scalar === ScalarType.STRING ? "" : field.scalar === ScalarType.BOOL ? false : undefined;
}
