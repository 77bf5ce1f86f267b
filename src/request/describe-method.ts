import type { DescMethod } from "@bufbuild/protobuf";
import type { Route } from "./routes.ts";

/** Services whose methods need no token: they tell nothing of students or partners. */
const publicServices = new Set([
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
]);

/** What a route says of its method. */
export function describeMethod(method: DescMethod): Pick<Route, "rpc" | "isPublic" | "isStreaming"> {
  return {
    rpc: `${method.parent.typeName}/${method.name}`,
    isPublic: publicServices.has(method.parent.typeName),
    isStreaming: method.methodKind !== "unary",
  };
}
