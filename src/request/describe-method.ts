import type { DescMethod } from "@bufbuild/protobuf";
import { readPersonAccess } from "../access/person-access.ts";
import type { Route } from "./routes.ts";

/** Services whose methods need no token: they tell nothing of students or partners. */
const publicServices = new Set([
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
]);

/** Methods whose bearer is a FranceConnect token: it is never looked up as one of ours, on any protocol. */
const methodsWithOwnCredential = new Set(["particulier.v3.StudentStatusService/GetByFranceConnect"]);

type MethodFacts = Pick<
  Route,
  "rpc" | "isPublic" | "people" | "countsAddress" | "hasOwnCredential" | "isStreaming"
>;

const known = new Map<DescMethod, MethodFacts>();

/** What a route says of its method. */
export function describeMethod(method: DescMethod): MethodFacts {
  const facts = known.get(method) ?? describe(method);
  known.set(method, facts);
  return facts;
}

function describe(method: DescMethod): MethodFacts {
  const rpc = `${method.parent.typeName}/${method.name}`;
  const people = readPersonAccess(method);
  return {
    rpc,
    hasOwnCredential: methodsWithOwnCredential.has(rpc),
    isPublic: publicServices.has(method.parent.typeName),
    people,
    countsAddress: publicServices.has(method.parent.typeName) || people?.anyone === true,
    isStreaming: method.methodKind !== "unary",
  };
}
