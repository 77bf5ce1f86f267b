import type { ServiceImpl } from "@connectrpc/connect";
import { principalOf } from "../audit/principal.ts";
import type { OperatorService } from "../gen/statutetudiant/operator/v1/operator_pb.ts";
import { personOf } from "../request/call.ts";
import type { createOperators } from "./operators.ts";

/** Implements `OperatorService`. */
export function createOperatorService(
  operators: ReturnType<typeof createOperators>,
): ServiceImpl<typeof OperatorService> {
  const principal = (context: Parameters<typeof personOf>[0]) => principalOf(personOf(context));
  return {
    listOperators: (request) => operators.list(request),
    getOperator: (request) => operators.get(request),
    createOperator: (request, context) => operators.create(principal(context), request),
    changeOperatorRole: (request, context) => operators.changeRole(principal(context), request),
    disableOperator: (request, context) => operators.disable(principal(context), request),
  };
}
