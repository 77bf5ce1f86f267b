// What everybody may read: the status page, and each list by itself.
import { create } from "@bufbuild/protobuf";
import type { Clock } from "../clock.ts";
import {
  type GetChangeRequest,
  type GetChangeResponse,
  GetChangeResponseSchema,
  type GetIncidentRequest,
  type GetIncidentResponse,
  GetIncidentResponseSchema,
  type GetServiceStatusResponse,
  GetServiceStatusResponseSchema,
  type ListChangesRequest,
  type ListChangesResponse,
  ListChangesResponseSchema,
  type ListIncidentsRequest,
  type ListIncidentsResponse,
  ListIncidentsResponseSchema,
  type ListMaintenancesRequest,
  type ListMaintenancesResponse,
  ListMaintenancesResponseSchema,
} from "../gen/statutetudiant/notice/v1/notice_pb.ts";
import type { Database } from "../storage/database.ts";
import { found } from "../storage/found.ts";
import { readPage } from "../storage/page.ts";
import { changeOrders, findChange, listChanges } from "./change-storage.ts";
import { describeChange, describeIncident, describeMaintenance } from "./describe-notice.ts";
import { findIncident, incidentOrders, listIncidents } from "./incident-storage.ts";
import { listMaintenances, maintenanceOrders } from "./maintenance-storage.ts";

export interface NoticeReader {
  status(): Promise<GetServiceStatusResponse>;
  incident(request: Pick<GetIncidentRequest, "incidentId">): Promise<GetIncidentResponse>;
  incidents(request: ListIncidentsRequest): Promise<ListIncidentsResponse>;
  change(request: Pick<GetChangeRequest, "changeId">): Promise<GetChangeResponse>;
  changes(request: ListChangesRequest): Promise<ListChangesResponse>;
  maintenances(request: ListMaintenancesRequest): Promise<ListMaintenancesResponse>;
}

/** How long the status page shows an incident that is over, in milliseconds. */
const pastMs = 90 * 86_400_000;
const firstPage = { pageSize: 50, pageToken: "", orderBy: "" };
const latestFirst = "open_time desc";

export function createNoticeReader({ knex }: Database, clock: Clock): NoticeReader {
  return {
    async status() {
      const now = clock.now();
      const recent = readPage({ ...firstPage, orderBy: latestFirst }, incidentOrders);
      const open = await listIncidents(knex, { isOpen: true }, recent);
      const past = await listIncidents(knex, { resolvedAfter: now - pastMs }, recent);
      const coming = readPage(firstPage, maintenanceOrders);
      const maintenances = await listMaintenances(knex, { notOverAt: now }, coming);
      const changes = await listChanges(knex, { aheadOf: now }, readPage(firstPage, changeOrders));
      return create(GetServiceStatusResponseSchema, {
        openIncidents: open.rows.map(describeIncident),
        pastIncidents: past.rows.map(describeIncident),
        maintenances: maintenances.rows.map(describeMaintenance),
        changes: changes.rows.map(describeChange),
      });
    },
    async incident({ incidentId }) {
      const incident = describeIncident(found(await findIncident(knex, incidentId)));
      return create(GetIncidentResponseSchema, { incident });
    },
    async incidents(request) {
      const { openOnly } = request;
      const orderBy = request.orderBy.trim() || latestFirst;
      const page = readPage({ ...request, orderBy }, incidentOrders, openOnly);
      const { rows, nextPageToken } = await listIncidents(knex, { isOpen: openOnly }, page);
      return create(ListIncidentsResponseSchema, { incidents: rows.map(describeIncident), nextPageToken });
    },
    async change({ changeId }) {
      return create(GetChangeResponseSchema, {
        change: describeChange(found(await findChange(knex, changeId))),
      });
    },
    async changes(request) {
      const page = readPage(request, changeOrders, request.aheadOnly);
      const filter = request.aheadOnly ? { aheadOf: clock.now() } : {};
      const { rows, nextPageToken } = await listChanges(knex, filter, page);
      return create(ListChangesResponseSchema, { changes: rows.map(describeChange), nextPageToken });
    },
    async maintenances(request) {
      const page = readPage(request, maintenanceOrders, request.aheadOnly);
      const filter = request.aheadOnly ? { notOverAt: clock.now() } : {};
      const { rows, nextPageToken } = await listMaintenances(knex, filter, page);
      return create(ListMaintenancesResponseSchema, {
        maintenances: rows.map(describeMaintenance),
        nextPageToken,
      });
    },
  };
}
