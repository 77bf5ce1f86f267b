// gRPC server reflection, v1 and v1alpha (https://github.com/grpc/grpc/blob/master/doc/server-reflection.md): one
// implementation, since the two versions differ by their package only.
import { type DescFile, type DescService, type Registry, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import type {
  ServerReflection,
  ServerReflectionRequest,
  ServerReflectionResponse,
} from "../gen/grpc/reflection/v1/reflection_pb.ts";

type Answer = ServerReflectionResponse["messageResponse"];
type Question = ServerReflectionRequest["messageRequest"];

/** Describes what `registry` holds; `services` are the ones to list. */
export function createReflectionService(
  services: readonly DescService[],
  registry: Registry,
): ServiceImpl<typeof ServerReflection> {
  const files = collectFiles(services.map(({ file }) => file));
  return {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) {
        yield {
          validHost: request.host,
          originalRequest: request,
          messageResponse: answer(request.messageRequest),
        };
      }
    },
  };

  function answer(question: Question): Answer {
    switch (question.case) {
      case "listServices":
        return {
          case: "listServicesResponse",
          value: response({ service: services.map(({ typeName }) => ({ name: typeName })) }),
        };
      case "fileByFilename":
        return describe(files.get(question.value.replace(/\.proto$/, "")), question.value);
      case "fileContainingSymbol":
        return describe(fileOf(question.value), question.value);
      case "fileContainingExtension": {
        const { containingType, extensionNumber } = question.value;
        return describe(findExtension(containingType, extensionNumber)?.file, containingType);
      }
      case "allExtensionNumbersOfType": {
        const extensionNumber = extensionsOf(question.value).map(({ number }) => number);
        return {
          case: "allExtensionNumbersResponse",
          value: response({ baseTypeName: question.value, extensionNumber }),
        };
      }
      default:
        return failure(Code.InvalidArgument, "message_request is not set");
    }
  }

  /** A symbol is a type, a service, a method, or a field of a type. */
  function fileOf(symbol: string): DescFile | undefined {
    const name = symbol.replace(/^\./, "");
    const parent = name.slice(0, name.lastIndexOf("."));
    return (
      (registry.get(name) ?? registry.get(parent))?.file ?? services.find((s) => s.typeName === parent)?.file
    );
  }

  function extensionsOf(typeName: string) {
    return [...registry].filter(
      (type) => type.kind === "extension" && type.extendee.typeName === typeName,
    ) as {
      readonly number: number;
      readonly file: DescFile;
    }[];
  }

  function findExtension(typeName: string, number: number) {
    return extensionsOf(typeName).find((extension) => extension.number === number);
  }
}

function describe(file: DescFile | undefined, name: string): Answer {
  if (file === undefined) return failure(Code.NotFound, `${name} is not known`);
  const fileDescriptorProto = [...collectFiles([file]).values()].map(({ proto }) =>
    toBinary(FileDescriptorProtoSchema, proto),
  );
  return { case: "fileDescriptorResponse", value: response({ fileDescriptorProto }) };
}

function failure(errorCode: number, errorMessage: string): Answer {
  return { case: "errorResponse", value: response({ errorCode, errorMessage }) };
}

/** Files and all that they import, by name without `.proto`, a file before its imports. */
function collectFiles(roots: readonly DescFile[]): Map<string, DescFile> {
  const found = new Map<string, DescFile>();
  const visit = (file: DescFile): void => {
    if (found.has(file.name)) return;
    found.set(file.name, file);
    file.dependencies.forEach(visit);
  };
  roots.forEach(visit);
  return found;
}

/** Message literals stand for messages: Connect completes what a method answers. */
function response<T>(value: object): T {
  return value as T;
}
