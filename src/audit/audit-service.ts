import type { ServiceImpl } from "@connectrpc/connect";
import type { AuditService } from "../gen/statutetudiant/audit/v1/audit_pb.ts";
import { personOf } from "../request/call.ts";
import type { createAuditReading } from "./audit-reading.ts";
import { principalOf } from "./principal.ts";

/** Implements `AuditService`. */
export function createAuditService(
  reading: ReturnType<typeof createAuditReading>,
): ServiceImpl<typeof AuditService> {
  return {
    listAuditEvents: (request, context) => reading.list(principalOf(personOf(context)), request),
    verifyAudit: (request) => reading.verify(request),
  };
}
