import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { type Actor, actorOf } from "../audit/actor.ts";
import type { Clock } from "../clock.ts";
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

/** Age up to which the status page is answered from memory, in milliseconds: strangers may ask as often as they like. */
const statusAgeMs = 1000;

/** Implements `NoticeService`. Errors: those of the use cases. */
export function createNoticeService(
  useCases: NoticeUseCases,
  clock: Clock,
): ServiceImpl<typeof NoticeService> {
  const { incidents, changes, maintenances, reader } = useCases;
  const actor = (context: HandlerContext): Actor => actorOf(personOf(context));
  let status: { readonly at: number; readonly page: ReturnType<NoticeReader["status"]> } | undefined;
  return {
    async getServiceStatus() {
      const at = clock.monotonic();
      if (status === undefined || at - status.at > statusAgeMs) status = { at, page: reader.status() };
      const current = status;
      return await current.page.catch((error: unknown) => {
        if (status === current) status = undefined;
        throw error;
      });
    },
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
