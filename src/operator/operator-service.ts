import type { ServiceImpl } from "@connectrpc/connect";
import { asPerson } from "../audit/as-person.ts";
import type { OperatorService } from "../gen/statutetudiant/operator/v1/operator_pb.ts";
import type { createOperators } from "./operators.ts";

/** Implements `OperatorService`. */
export function createOperatorService(
  operators: ReturnType<typeof createOperators>,
): ServiceImpl<typeof OperatorService> {
  return {
    listOperators: (request) => operators.list(request),
    getOperator: (request) => operators.get(request),
    createOperator: asPerson(operators.create),
    changeOperatorRole: asPerson(operators.changeRole),
    disableOperator: asPerson(operators.disable),
  };
}
