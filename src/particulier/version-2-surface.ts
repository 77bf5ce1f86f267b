// How version 2 of the public contract speaks when something is wrong.
import type { ConnectError } from "@connectrpc/connect";
import { ServiceError } from "../errors.ts";
import { GetStudentRequestSchema } from "../gen/particulier/v2/student_pb.ts";
import type { Surface } from "../request/surface.ts";
import { errorRow, sentenceOf } from "./error-row.ts";
import { describeProblem, type Expectations, parameterNames, parameterOf } from "./parameter-problem.ts";

export const version2Surface: Surface = {
  path: "/api",
  package: "particulier.v2",
  // Clients of the public service send parameters of other services too.
  unknownQueryParameters: "ignore",
  dropsEmptyParameters: true,
  // `inscriptions` is always there; everything that can be masked has presence and stays absent.
  jsonOptions: { alwaysEmitImplicit: true },
  rateLimitReset: "instant",
  renderError(error) {
    const { http, error: name, reason } = errorRow(error).v2;
    const body = JSON.stringify({ error: name, reason, message: messageOf(error) });
    return { status: http, contentType: "application/json", body };
  },
};

const names = parameterNames([GetStudentRequestSchema]);
const expectations: Expectations = { sexe: "doit valoir m ou f" };

function messageOf(error: ConnectError): string {
  const violations = error instanceof ServiceError ? error.options.violations : undefined;
  if (violations === undefined) return sentenceOf(error);
  return violations
    .map((violation) => describeProblem(parameterOf(violation, names), violation, expectations))
    .join(" ");
}
