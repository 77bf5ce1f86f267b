import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { type Actor, actorOf } from "../audit/actor.ts";
import type { NoticeService } from "../gen/statutetudiant/notice/v1/notice_pb.ts";
import { personOf } from "../request/call.ts";
import type { Changes } from "./changes.ts";
import type { Incidents } from "./incidents.ts";
import type { Maintenances } from "./maintenances.ts";
import type { NoticeReader } from "./read-notices.ts";

export interface NoticeUseCases {
  readonly incidents: Incidents;
  readonly changes: Changes;
  readonly maintenances: Maintenances;
  readonly reader: NoticeReader;
}

/** Implements `NoticeService`. Errors: those of the use cases. */
export function createNoticeService(useCases: NoticeUseCases): ServiceImpl<typeof NoticeService> {
  const { incidents, changes, maintenances, reader } = useCases;
  const actor = (context: HandlerContext): Actor => actorOf(personOf(context));
  return {
    getServiceStatus: () => reader.status(),
    openIncident: (request, context) => incidents.open(request, actor(context)),
    updateIncident: (request, context) => incidents.update(request, actor(context)),
    resolveIncident: (request, context) => incidents.resolve(request, actor(context)),
    getIncident: (request) => reader.incident(request),
    listIncidents: (request) => reader.incidents(request),
    announceChange: (request, context) => changes.announce(request, actor(context)),
    rescheduleChange: (request, context) => changes.reschedule(request, actor(context)),
    withdrawChange: (request, context) => changes.withdraw(request, actor(context)),
    getChange: (request) => reader.change(request),
    listChanges: (request) => reader.changes(request),
    announceMaintenance: (request, context) => maintenances.announce(request, actor(context)),
    cancelMaintenance: (request, context) => maintenances.cancel(request, actor(context)),
    listMaintenances: (request) => reader.maintenances(request),
  };
}
