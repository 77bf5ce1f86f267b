import { type AuditEvent, AuditService } from "../../../gen/statutetudiant/audit/v1/audit_pb.ts";
import type { Page, Visit } from "../../frame/page.ts";
import { describeAction } from "../../html/action-words.ts";
import { filterField, filterForm, pager } from "../../html/blocks.ts";
import { timeTag } from "../../html/dates.ts";
import { type Html, html } from "../../html/html.ts";
import { table } from "../../html/table.ts";
import { pageTokenOf } from "./operator-forms.ts";

export function auditTable(caption: string, rows: readonly AuditEvent[]): Html {
  return table({
    caption,
    hidesCaption: true,
    columns: [
      { head: "Date", cell: ({ time }) => timeTag(time) },
      { head: "Action", cell: ({ action }) => describeAction(action) },
      { head: "Par", cell: ({ actor }) => actor?.name || actor?.kind },
      { head: "Motif", cell: ({ reason }) => reason || "–" },
      { head: "Objet", cell: ({ subject }) => html`<code class="tableau-mot">${subject}</code>` },
    ],
    rows,
    empty: "Aucune action n’est enregistrée.",
  });
}

/** The latest actions on one thing. */
export async function readActionsOn(visit: Visit, subject: string): Promise<readonly AuditEvent[]> {
  const request = { subject, pageSize: 10, orderBy: "sequence desc" };
  return (await visit.call(AuditService.method.listAuditEvents, request)).events;
}

/** Who changed what, of everybody. */
export const auditPage: Page = {
  path: "/administration/registre",
  audience: "operator",
  async show(visit) {
    const { query } = visit;
    const { events, nextPageToken } = await visit.call(AuditService.method.listAuditEvents, {
      partnerId: (query.get("organisme") ?? "").trim(),
      subject: (query.get("objet") ?? "").trim(),
      actorId: (query.get("auteur") ?? "").trim(),
      pageToken: pageTokenOf(visit),
      orderBy: "sequence desc",
    });
    return {
      title: "Registre des actions",
      body: html`${filterForm(html`${filterField(query, "organisme", "Identifiant du partenaire")}
${filterField(query, "objet", "Identifiant de l’objet")}
${filterField(query, "auteur", "Identifiant de l’auteur")}`)}
${auditTable("Actions, la plus récente d’abord", events)}
${pager(visit.path, query, nextPageToken)}`,
    };
  },
};
