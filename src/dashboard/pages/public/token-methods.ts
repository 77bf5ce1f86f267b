// The methods that partners call with a token, read from their contracts.
import { type DescMethod, type DescService, getOption } from "@bufbuild/protobuf";
import { http } from "../../../gen/google/api/annotations_pb.ts";
import type { HttpRule } from "../../../gen/google/api/http_pb.ts";
import { IntrospectionService } from "../../../gen/particulier/v2/introspection_pb.ts";
import { StudentService } from "../../../gen/particulier/v2/student_pb.ts";
import { StudentStatusService } from "../../../gen/particulier/v3/student_status_pb.ts";
import { LookupService } from "../../../gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { StatisticsService } from "../../../gen/statutetudiant/statistics/v1/statistics_pb.ts";
import { TokenService } from "../../../gen/statutetudiant/token/v1/token_pb.ts";
import { describeMethod } from "../../../request/describe-method.ts";

export interface TokenMethod {
  /** Verb and path. */
  readonly rest: string;
  /** `package.Service/Method` */
  readonly rpc: string;
}

const services: readonly DescService[] = [
  LookupService,
  TokenService,
  StatisticsService,
  StudentStatusService,
  StudentService,
  IntrospectionService,
];

/** Every address under which a token's method is served, in the order of the contracts. */
export function tokenMethods(): TokenMethod[] {
  return services
    .flatMap(({ methods }) => methods)
    .filter((method) => describeMethod(method).people === undefined)
    .flatMap((method) =>
      rulesOf(method).map((rule) => ({ rest: addressOf(rule), rpc: describeMethod(method).rpc })),
    );
}

function rulesOf(method: DescMethod): HttpRule[] {
  const rule = getOption(method, http);
  return [rule, ...rule.additionalBindings];
}

function addressOf({ pattern }: HttpRule): string {
  return typeof pattern.value === "string" ? `${pattern.case?.toUpperCase()} ${pattern.value}` : "";
}
