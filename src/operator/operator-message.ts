// Accounts of operators as the contract writes them.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { operatorBodies, operatorRoles } from "../access/person.ts";
import type { OperatorSchema } from "../gen/statutetudiant/operator/v1/operator_pb.ts";
import { etagOf } from "../storage/etag.ts";
import type { OperatorRecord } from "./operator-storage.ts";

export function toOperatorMessage(operator: OperatorRecord): MessageInitShape<typeof OperatorSchema> {
  const { id, name, email, disabledAt } = operator;
  return {
    id,
    name,
    email,
    role: operatorRoles[operator.role],
    body: operatorBodies[operator.body],
    createTime: timestampFromMs(operator.createdAt),
    ...(disabledAt === undefined ? {} : { disableTime: timestampFromMs(disabledAt) }),
    etag: etagOf(operator.revision),
  };
}
