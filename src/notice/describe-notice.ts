// Notices as the contract shows them.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type {
  ChangeSchema,
  IncidentSchema,
  MaintenanceSchema,
} from "../gen/statutetudiant/notice/v1/notice_pb.ts";
import { etagOf } from "../storage/etag.ts";
import type { ChangeRecord } from "./change-storage.ts";
import type { IncidentRecord } from "./incident-storage.ts";
import type { MaintenanceRecord } from "./maintenance-storage.ts";
import { changeStates, incidentImpacts, incidentStates, maintenanceStates, serviceParts } from "./words.ts";

export function describeIncident(incident: IncidentRecord): MessageInitShape<typeof IncidentSchema> {
  const end = incident.resolvedAt === undefined ? {} : { resolveTime: timestampFromMs(incident.resolvedAt) };
  return {
    incidentId: incident.id,
    title: incident.title,
    impact: incidentImpacts[incident.impact],
    parts: incident.parts.map((part) => serviceParts[part]),
    state: incidentStates[incident.state],
    startTime: timestampFromMs(incident.startedAt),
    openTime: timestampFromMs(incident.openedAt),
    ...end,
    updates: incident.updates.map(({ toldAt, state, message }) => ({
      time: timestampFromMs(toldAt),
      state: incidentStates[state],
      message,
    })),
    etag: etagOf(incident.revision),
  };
}

export function describeChange(change: ChangeRecord): MessageInitShape<typeof ChangeSchema> {
  const { id: changeId, title, description, targets, url } = change;
  return {
    ...{ changeId, title, description, url, targets: [...targets] },
    state: changeStates[change.state],
    announceTime: timestampFromMs(change.announcedAt),
    goLiveTime: timestampFromMs(change.goLiveAt),
    etag: etagOf(change.revision),
  };
}

export function describeMaintenance(
  maintenance: MaintenanceRecord,
): MessageInitShape<typeof MaintenanceSchema> {
  const { id: maintenanceId, title, description } = maintenance;
  return {
    ...{ maintenanceId, title, description },
    parts: maintenance.parts.map((part) => serviceParts[part]),
    state: maintenanceStates[maintenance.state],
    announceTime: timestampFromMs(maintenance.announcedAt),
    startTime: timestampFromMs(maintenance.startsAt),
    endTime: timestampFromMs(maintenance.endsAt),
    etag: etagOf(maintenance.revision),
  };
}
