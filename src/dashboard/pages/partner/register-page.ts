import { AuditService } from "../../../gen/statutetudiant/audit/v1/audit_pb.ts";
import type { Page } from "../../frame/page.ts";
import { describeAction } from "../../html/action-words.ts";
import { pager } from "../../html/blocks.ts";
import { timeTag } from "../../html/dates.ts";
import { html } from "../../html/html.ts";
import { table } from "../../html/table.ts";
import { partnerIdOf } from "./own-partner.ts";

/** Who changed what of the partner: a register that nobody edits. */
export const registerPage: Page = {
  path: "/tableau-de-bord/registre",
  audience: "contact",
  async show(visit) {
    const { events, nextPageToken } = await visit.call(AuditService.method.listAuditEvents, {
      partnerId: partnerIdOf(visit),
      pageToken: visit.query.get("page") ?? "",
      orderBy: "sequence desc",
    });
    return {
      title: "Registre des actions",
      body: html`<p class="tableau-texte">Chaque décision et chaque changement qui concerne votre organisme, avec son auteur. Rien ne s’y modifie sans que cela se constate.</p>
${table({
  caption: "Actions, la plus récente d’abord",
  hidesCaption: true,
  columns: [
    { head: "Date", cell: ({ time }) => timeTag(time) },
    { head: "Action", cell: ({ action }) => describeAction(action) },
    { head: "Par", cell: ({ actor }) => actor?.name },
    { head: "Motif", cell: ({ reason }) => reason || "–" },
    { head: "Objet", cell: ({ subject }) => html`<code class="tableau-mot">${subject}</code>` },
  ],
  rows: events,
  empty: "Aucune action n’est enregistrée.",
})}
${pager(visit.path, visit.query, nextPageToken)}`,
    };
  },
};
