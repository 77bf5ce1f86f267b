// Prints a descriptor back as proto2 source, without options and comments. It exists for buf/validate/validate.proto,
// which no npm package carries as source: protovalidate embeds its descriptor only.
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";

const scalars: Partial<Record<FieldDescriptorProto_Type, string>> = {
  [FieldDescriptorProto_Type.DOUBLE]: "double",
  [FieldDescriptorProto_Type.FLOAT]: "float",
  [FieldDescriptorProto_Type.INT64]: "int64",
  [FieldDescriptorProto_Type.UINT64]: "uint64",
  [FieldDescriptorProto_Type.INT32]: "int32",
  [FieldDescriptorProto_Type.FIXED64]: "fixed64",
  [FieldDescriptorProto_Type.FIXED32]: "fixed32",
  [FieldDescriptorProto_Type.BOOL]: "bool",
  [FieldDescriptorProto_Type.STRING]: "string",
  [FieldDescriptorProto_Type.BYTES]: "bytes",
  [FieldDescriptorProto_Type.UINT32]: "uint32",
  [FieldDescriptorProto_Type.SFIXED32]: "sfixed32",
  [FieldDescriptorProto_Type.SFIXED64]: "sfixed64",
  [FieldDescriptorProto_Type.SINT32]: "sint32",
  [FieldDescriptorProto_Type.SINT64]: "sint64",
};

/** Prints one proto2 file. Maps and groups are not supported: an unknown type throws. */
export function printProtoFile(file: FileDescriptorProto): string {
  if (file.syntax !== "" && file.syntax !== "proto2") {
    throw new Error(`${file.name}: only proto2 can be printed, not ${file.syntax}`);
  }
  return [
    'syntax = "proto2";',
    `package ${file.package};`,
    ...file.dependency.map((path) => `import "${path}";`),
    ...file.extension.map((field) => `extend ${field.extendee} {\n${printField(field)}\n}`),
    ...file.messageType.map(printMessage),
    ...file.enumType.map(printEnum),
    "",
  ].join("\n");
}

function printMessage(message: DescriptorProto): string {
  const members = message.oneofDecl.map((oneof, index) => {
    const fields = message.field.filter((field) => isMember(field, index));
    return `oneof ${oneof.name} {\n${fields.map((field) => printMember(field)).join("\n")}\n}`;
  });
  return [
    `message ${message.name} {`,
    ...members,
    ...message.field.filter((field) => !Object.hasOwn(field, "oneofIndex")).map(printField),
    ...message.extensionRange.map(({ start, end }) => `extensions ${start} to ${printEnd(end)};`),
    ...message.reservedRange.map(({ start, end }) => `reserved ${start} to ${end - 1};`),
    ...message.reservedName.map((name) => `reserved "${name}";`),
    ...message.nestedType.map(printMessage),
    ...message.enumType.map(printEnum),
    "}",
  ].join("\n");
}

function isMember(field: FieldDescriptorProto, index: number): boolean {
  return Object.hasOwn(field, "oneofIndex") && field.oneofIndex === index;
}

function printEnd(end: number): string {
  return end > 536870911 ? "max" : String(end - 1);
}

function printField(field: FieldDescriptorProto): string {
  return `${FieldDescriptorProto_Label[field.label].toLowerCase()} ${printMember(field)}`;
}

function printMember(field: FieldDescriptorProto): string {
  const type = scalars[field.type] ?? field.typeName;
  if (type === "") throw new Error(`${field.name}: type ${field.type} cannot be printed`);
  return `${type} ${field.name} = ${field.number};`;
}

function printEnum(declaration: EnumDescriptorProto): string {
  const values = declaration.value.map(({ name, number }) => `${name} = ${number};`);
  return [`enum ${declaration.name} {`, ...values, "}"].join("\n");
}
