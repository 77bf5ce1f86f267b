import type { ServiceImpl } from "@connectrpc/connect";
import type { AuditService } from "../gen/statutetudiant/audit/v1/audit_pb.ts";
import { asPerson } from "./as-person.ts";
import type { createAuditReading } from "./audit-reading.ts";

/** Implements `AuditService`. */
export function createAuditService(
  reading: ReturnType<typeof createAuditReading>,
): ServiceImpl<typeof AuditService> {
  return {
    listAuditEvents: asPerson(reading.list),
    verifyAudit: (request) => reading.verify(request),
  };
}
