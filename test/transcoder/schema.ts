// The messages of the tests, compiled from ./proto when the tests start, and services made around http rules.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  create,
  createFileRegistry,
  type DescMessage,
  type DescService,
  fromBinary,
  type MessageInitShape,
  setExtension,
} from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  MethodOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { http } from "../../src/gen/google/api/annotations_pb.ts";
import { HttpRuleSchema } from "../../src/gen/google/api/http_pb.ts";
import { file_google_api_httpbody, HttpBodySchema } from "../../src/gen/google/api/httpbody_pb.ts";

export type Rule = MessageInitShape<typeof HttpRuleSchema>;

const buf = fileURLToPath(new URL("../../node_modules/.bin/buf", import.meta.url));
const protos = fileURLToPath(new URL("proto", import.meta.url));
const image = execFileSync(buf, ["build", protos, "--as-file-descriptor-set", "-o", "-#format=binpb"]);

/** Everything of ./proto. */
export const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));

/** A request with a raw body as one of its fields; made here because ./proto does not reach google/api. */
const uploadFile = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: "transcodertest/v1/upload.proto",
    package: "transcodertest.v1",
    syntax: "proto3",
    dependency: ["google/api/httpbody.proto"],
    messageType: [
      {
        name: "Upload",
        field: [
          field("name", 1, FieldDescriptorProto_Type.STRING),
          { ...field("file", 2, FieldDescriptorProto_Type.MESSAGE), typeName: ".google.api.HttpBody" },
        ],
      },
    ],
  }),
  () => file_google_api_httpbody,
);

function field(name: string, number: number, type: FieldDescriptorProto_Type) {
  return { name, jsonName: name, number, type, label: FieldDescriptorProto_Label.OPTIONAL };
}

/** A message of the tests by its short name. */
export function message(name: string): DescMessage {
  if (name === "HttpBody") return HttpBodySchema;
  const found =
    registry.getMessage(`transcodertest.v1.${name}`) ??
    uploadFile.getMessage(`transcodertest.v1.${name}`) ??
    registry.getMessage(name);
  if (found === undefined) throw new Error(`no message ${name}`);
  return found;
}

export type MethodKind = "unary" | "server" | "client" | "bidi";

export interface MethodShape {
  readonly rule: Rule | undefined;
  readonly kind?: MethodKind;
  readonly input?: string;
  readonly output?: string;
}

/** A service whose methods (`m0`, `m1`, …) have these rules. */
export function serviceWith(methods: readonly MethodShape[]): DescService {
  const files = [message("Everything").file, message("Upload").file, file_google_api_httpbody];
  const proto = create(FileDescriptorProtoSchema, {
    name: "transcodertest/v1/service.proto",
    package: "transcodertest.v1",
    syntax: "proto3",
    dependency: files.map((file) => file.proto.name),
    service: [
      {
        name: "TestService",
        method: methods.map(
          ({ rule, kind = "unary", input = "Everything", output = "Everything" }, index) => {
            const options = create(MethodOptionsSchema);
            if (rule !== undefined) setExtension(options, http, create(HttpRuleSchema, rule));
            return {
              name: `M${index}`,
              inputType: `.${message(input).typeName}`,
              outputType: `.${message(output).typeName}`,
              clientStreaming: kind === "client" || kind === "bidi",
              serverStreaming: kind === "server" || kind === "bidi",
              options,
            };
          },
        ),
      },
    ],
  });
  const service = createFileRegistry(proto, (name) =>
    files.find((file) => file.proto.name === name),
  ).getService("transcodertest.v1.TestService");
  if (service === undefined) throw new Error("the service was not made");
  return service;
}
